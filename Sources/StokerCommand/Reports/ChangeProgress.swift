// The progress of a change while the user waits: `betanet: stopping … starting … running (1.2 s)`, on stderr.

import Glibc
import Orchestration
import Stoker
import Synchronization

/// The progress of one start, stop or restart, from the events. Only on a terminal.
struct ChangeProgress: Sendable {
  private let connection: Connection
  private let isColoured = Colours.areWanted(on: STDERR_FILENO)

  /// Longest wait for the event stream; then the change is requested without it, and its progress is not shown.
  private static let patience = Duration.seconds(2)
  /// Longest wait for the last event after the answer.
  private static let lag = Duration.milliseconds(500)

  /// Nil where stderr is not a terminal.
  init?(_ connection: Connection) {
    guard isatty(STDERR_FILENO) == 1 else { return nil }
    self.connection = connection
  }

  /// Requests a change, and shows the service's states until the answer comes.
  /// - Returns: The answer, and whether a state was shown.
  func show(_ name: String, _ ask: @Sendable () async throws -> JSON) async throws -> (answer: JSON, wasShown: Bool) {
    let line = Line(name, isColoured: isColoured)
    let (updates, continuation) = AsyncStream.makeStream(of: EventFeed.Update.self)
    let follower = Task { [connection] in
      try? await EventFeed(connection, services: [name]).follow { continuation.yield($0) }
      continuation.finish()
    }
    let isConnected = AsyncFlag()
    // The state in the answer: the answer and the events arrive in any order.
    let wanted = Wanted()
    let isComplete = AsyncFlag()
    let reader = Task {
      for await update in updates {
        isConnected.set()
        if case .event(let event, _) = update, event.service == name, event.kind == "status", let to = event.to {
          line.add(to)
          if line.isAt(wanted.status.withLock { $0 }) { isComplete.set() }
        }
      }
      isConnected.set()
      isComplete.set()
    }
    defer {
      follower.cancel()
      reader.cancel()
    }
    await isConnected.wait(atMost: Self.patience)
    do {
      let answer = try await ask()
      let status = answer["status"]?.string
      wanted.status.withLock { $0 = status }
      if !line.isAt(status) { await isComplete.wait(atMost: Self.lag) }
      return (answer, line.end(status))
    } catch {
      _ = line.end(nil)
      throw error
    }
  }

  private final class Wanted: Sendable {
    let status = Mutex<String?>(nil)
  }

  /// One line that only grows, so that it needs no terminal control.
  private final class Line: Sendable {
    private struct State {
      var last: String?
      var isOver = false
    }

    private let state = Mutex(State())
    private let name: String
    private let isColoured: Bool
    private let start = SuspendingClock.now

    init(_ name: String, isColoured: Bool) {
      self.name = name
      self.isColoured = isColoured
    }

    func add(_ status: String) {
      state.withLock { add(status, &$0) }
    }

    func isAt(_ status: String?) -> Bool {
      status != nil && state.withLock { $0.last == status }
    }

    private func add(_ status: String, _ state: inout State) {
      guard !state.isOver, state.last != status else { return }
      var text = state.last == nil ? StyledText("\(name): ") : StyledText(" … ", .faint)
      text.append(status, Status(rawValue: status)?.style ?? .plain)
      write(text)
      state.last = status
    }

    /// Ends the line, with the answer's state.
    func end(_ status: String?) -> Bool {
      state.withLock { state in
        if let status, state.last != nil { add(status, &state) }
        if state.last != nil { write(StyledText(status == nil ? "" : " (\(Age.long(SuspendingClock.now - start)))", .faint), ending: "\n") }
        state.isOver = true
        return state.last != nil
      }
    }

    private func write(_ text: StyledText, ending: String = "") {
      _ = FileDescriptor.writeAll((text.bytes(coloured: isColoured) + Array(ending.utf8))[...], to: STDERR_FILENO)
    }
  }
}
