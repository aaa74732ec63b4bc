// The events of a running Stoker, over breaks of the connection and over restarts.

import Stoker
import Synchronization

/// Follows `GET /events` and goes on where it was after a break.
struct EventFeed: Sendable {
  /// What whoever listens is told.
  enum News: Sendable {
    /// The stream is there; after a break, the events of the meantime follow.
    case connected
    case event(ServiceEvent, EventStreamParser.Message)
    /// The connection broke; it is tried again.
    case lost(String)
  }

  private let connection: Connection
  private let services: [String]

  /// So long there is a comment at least, a few times over: who says nothing is not there any more.
  private static let silence = Duration.seconds(40)
  private static let pause = Duration.seconds(1)

  /// - Parameter services: Whose events are wanted; none: all.
  init(_ connection: Connection, services: [String] = []) {
    self.connection = connection
    self.services = services
  }

  private struct Progress {
    var parser = EventStreamParser()
    var lastID: String?
    var isConnected = false
    var wasConnected = false
    var heardAt = SuspendingClock.now
  }

  /// Follows until the task is cancelled.
  /// - Throws: `Failure` if nobody answers the first time, unless `isPatient`; and when the answer is a refusal.
  func follow(isPatient: Bool = false, deliver: @escaping @Sendable (News) async -> Void) async throws {
    let progress = Box()
    while !Task.isCancelled {
      var reason = "Stoker has ended the stream"
      do {
        try await once(progress, deliver)
      } catch let failure as Failure where failure.status == .unavailable {
        guard isPatient || progress.state.withLock({ $0.wasConnected }) else { throw failure }
        reason = failure.sentence
      }
      if Task.isCancelled { return }
      progress.state.withLock { state in
        state.isConnected = false
        state.parser = EventStreamParser()
      }
      await deliver(.lost(reason))
      try await Task.sleep(for: Self.pause, clock: SuspendingClock())
    }
  }

  private final class Box: Sendable {
    let state = Mutex(Progress())
  }

  private func path(after id: String?) -> String {
    let parts = services.map { "service=\(Connection.encoded($0))" } + (id.map { ["after=\(Connection.encoded($0))"] } ?? [])
    return "/api/orchestration/events" + (parts.isEmpty ? "" : "?" + parts.joined(separator: "&"))
  }

  private func once(_ progress: Box, _ deliver: @escaping @Sendable (News) async -> Void) async throws {
    let path = path(
      after: progress.state.withLock { state in
        state.heardAt = .now
        return state.lastID
      })
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await connection.follow(path) { bytes in
          let (isNew, messages) = progress.state.withLock { state in
            state.heardAt = .now
            defer { (state.isConnected, state.wasConnected) = (true, true) }
            let messages = state.parser.take(bytes)
            state.lastID = messages.last?.id ?? state.lastID
            return (!state.isConnected, messages)
          }
          if isNew { await deliver(.connected) }
          for message in messages {
            if let event = ServiceEvent(message) { await deliver(.event(event, message)) }
          }
        }
      }
      group.addTask {
        while true {
          let left = Self.silence - (SuspendingClock.now - progress.state.withLock(\.heardAt))
          guard left > .zero else { throw Failure(.unavailable, "nothing was heard for \(Age.long(Self.silence))") }
          try await Task.sleep(for: left, clock: SuspendingClock())
        }
      }
      defer { group.cancelAll() }
      try await group.next()
    }
  }
}
