// The events of a running Stoker, across lost connections and restarts of Stoker.

import Stoker
import Synchronization

/// Follows `GET /events`; after a lost connection it resumes with the first event that was missed.
struct EventFeed: Sendable {
  /// An event, or a change of the connection.
  enum Update: Sendable {
    /// Connected; after a lost connection the missed events follow.
    case connected
    case event(ServiceEvent, EventStreamParser.Message)
    /// The connection is lost, and is tried again.
    case lost(String)
  }

  private let connection: Connection
  private let services: [String]

  /// Longest silence before the connection counts as dead; the server sends a heartbeat every 15 s.
  private static let silence = Duration.seconds(40)
  private static let pause = Duration.seconds(1)

  /// - Parameter services: The services whose events are wanted; none for the events of all.
  init(_ connection: Connection, services: [String] = []) {
    self.connection = connection
    self.services = services
  }

  private struct Progress {
    var parser = EventStreamParser()
    var lastID: String?
    var isConnected = false
    var wasConnected = false
    var receivedAt = SuspendingClock.now
  }

  /// Follows until the task is cancelled.
  /// - Throws: `Failure` if the first connection fails, unless `isPatient`; and when the answer is a refusal.
  func follow(isPatient: Bool = false, deliver: @escaping @Sendable (Update) async -> Void) async throws {
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

  private func once(_ progress: Box, _ deliver: @escaping @Sendable (Update) async -> Void) async throws {
    let path = path(
      after: progress.state.withLock { state in
        state.receivedAt = .now
        return state.lastID
      })
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await connection.follow(path) { bytes in
          let (isNew, messages) = progress.state.withLock { state in
            state.receivedAt = .now
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
          let left = Self.silence - (SuspendingClock.now - progress.state.withLock(\.receivedAt))
          guard left > .zero else { throw Failure(.unavailable, "no data for \(Age.long(Self.silence))") }
          try await Task.sleep(for: left, clock: SuspendingClock())
        }
      }
      defer { group.cancelAll() }
      try await group.next()
    }
  }
}
