// The end of a running Stoker on request, as it is seen from outside.

import Processes
import Stoker
import Synchronization

/// Ends a Stoker, and waits until it is gone.
struct StokerEnd: Sendable {
  private let connection: Connection

  init(_ connection: Connection) {
    self.connection = connection
  }

  /// The pause between two looks, and the longest wait for the event stream before the end is requested without it.
  private static let pause = Duration.milliseconds(20)
  private static let patience = Duration.seconds(2)

  /// Requests the full stop.
  /// - Returns: The answer's sentence.
  static func request(_ connection: Connection) async throws -> String {
    let answer = try await connection.post("/api/orchestration/shutdown", [:])
    return TerminalText.line(answer["message"]?.string ?? "done")
  }

  private final class Report: Sendable {
    let sentence = Mutex<String?>(nil)
  }

  /// Requests the full stop, and waits until Stoker is gone.
  /// - Returns: A sentence that says how it went.
  func come() async throws -> String {
    let (report, isFollowing, isOver) = (Report(), AsyncFlag(), AsyncFlag())
    let follower = Task {
      let parser = Mutex(EventStreamParser())
      try? await connection.follow("/api/orchestration/events") { bytes in
        isFollowing.set()
        for message in parser.withLock({ $0.take(bytes) }) where message.kind == "stopped" {
          report.sentence.withLock { $0 = ServiceEvent(message)?.message }
          isOver.set()
        }
      }
      isFollowing.set()
      isOver.set()
    }
    defer { follower.cancel() }
    await isFollowing.wait(atMost: Self.patience)
    _ = try await Self.request(connection)
    // The stream ends with Stoker, or with its own last event; a Stoker that lives on in its last moments still answers.
    await isOver.wait(atMost: .seconds(86_400))
    while await isThere() { try await Task.sleep(for: Self.pause, clock: SuspendingClock()) }
    return TerminalText.line(report.sentence.withLock { $0 } ?? "Stoker has ended")
  }

  /// Whether Stoker is still there: its lock is held, or it answers.
  private func isThere() async -> Bool {
    if let directory = connection.directory, RunningStoker.all().contains(where: { $0.directory == directory && !$0.isLost }) {
      return true
    }
    return await connection.answers()
  }
}
