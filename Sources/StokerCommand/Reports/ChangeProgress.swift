// What happens to a service while somebody waits for it: `betanet: stopping … starting … running (1.2 s)`, on stderr.

import Glibc
import Orchestration
import Stoker
import Synchronization

/// The progress of one start, stop or restart, told from the events. Only for a person at a terminal.
struct ChangeProgress: Sendable {
  private let connection: Connection
  private let isColoured = Colours.areWanted(on: STDERR_FILENO)

  /// How long the stream may take until the change is asked for: without it the change is not told, but done.
  private static let patience = Duration.seconds(2)
  /// How long the last event may come after the answer.
  private static let lag = Duration.milliseconds(500)

  /// Nil where nobody looks.
  init?(_ connection: Connection) {
    guard isatty(STDERR_FILENO) == 1 else { return nil }
    self.connection = connection
  }

  /// Asks for a change, and tells what happens until the answer is there.
  /// - Returns: The answer, and whether there was something to tell.
  func tell(_ name: String, _ ask: @Sendable () async throws -> JSON) async throws -> (answer: JSON, wasTold: Bool) {
    let line = Line(name, isColoured: isColoured)
    let (news, teller) = AsyncStream.makeStream(of: EventFeed.News.self)
    let follower = Task { [connection] in
      try? await EventFeed(connection, services: [name]).follow { teller.yield($0) }
      teller.finish()
    }
    let isThere = Latch()
    // The answer's state: the answer and the events come on ways of their own.
    let wanted = Wanted()
    let isComplete = Latch()
    let reader = Task {
      for await item in news {
        isThere.raise()
        if case .event(let event, _) = item, event.service == name, event.kind == "status", let to = event.to {
          line.add(to)
          if line.isAt(wanted.status.withLock { $0 }) { isComplete.raise() }
        }
      }
      isThere.raise()
      isComplete.raise()
    }
    defer {
      follower.cancel()
      reader.cancel()
    }
    await isThere.wait(atMost: Self.patience)
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

  /// One line that only grows, so that it needs nothing of a terminal.
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
      text.append(status, Status(rawValue: status)?.ink ?? .plain)
      put(text)
      state.last = status
    }

    /// The answer is there: nothing is added any more.
    func end(_ status: String?) -> Bool {
      state.withLock { state in
        if let status, state.last != nil { add(status, &state) }
        if state.last != nil { put(StyledText(status == nil ? "" : " (\(Age.long(SuspendingClock.now - start)))", .faint), ending: "\n") }
        state.isOver = true
        return state.last != nil
      }
    }

    private func put(_ text: StyledText, ending: String = "") {
      _ = FileDescriptor.writeAll((text.bytes(coloured: isColoured) + Array(ending.utf8))[...], to: STDERR_FILENO)
    }
  }
}
