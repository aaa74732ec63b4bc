// Records the events of a process table, and waits for those that a test expects.

import Orchestration
import Processes
import Synchronization
import TestSupport
import Testing

/// The events of a table, and a way to wait for them.
final class EventRecorder: Sendable {
  private struct Waiter {
    let id: Int
    let check: @Sendable ([ProcessEvent]) -> Bool
    let reply: CheckedContinuation<Bool, Never>
  }

  private struct State {
    var events: [ProcessEvent] = []
    var waiters: [Waiter] = []
    var next = 0
  }

  private let state = Mutex(State())

  func record(_ events: [ProcessEvent]) {
    let met = state.withLock { state in
      state.events += events
      let all = state.events
      let met = state.waiters.filter { $0.check(all) }
      state.waiters.removeAll { waiter in met.contains { $0.id == waiter.id } }
      return met
    }
    for waiter in met { waiter.reply.resume(returning: true) }
  }

  var events: [ProcessEvent] { state.withLock { $0.events } }

  /// Waits until the events fulfil `check`; fails the test if they do not within 120 s.
  func wait(for what: String, _ check: @escaping @Sendable ([ProcessEvent]) -> Bool) async throws {
    let id = state.withLock { state in
      defer { state.next += 1 }
      return state.next
    }
    let limit = Task {
      try await Task.sleep(for: .seconds(600))
      let waiter = state.withLock { state -> Waiter? in
        guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
        return state.waiters.remove(at: index)
      }
      waiter?.reply.resume(returning: false)
    }
    defer { limit.cancel() }
    let isMet = await withCheckedContinuation { reply in
      let isMet = state.withLock { state in
        if check(state.events) { return true }
        state.waiters.append(Waiter(id: id, check: check, reply: reply))
        return false
      }
      if isMet { reply.resume(returning: true) }
    }
    try #require(isMet, "waited 600 s for \(what); told was \(events)")
  }

  func exit(of key: RunKey) async throws -> Exit {
    try await wait(for: "the exit of \(key)") { $0.exit(of: key) != nil }
    return try #require(events.exit(of: key))
  }

  func emptied(_ key: RunKey) async throws {
    try await wait(for: "the end of all of \(key)") { $0.emptiedCount(key) > 0 }
  }

  func spawned(_ key: RunKey) async throws -> ProcessIdentity {
    try await wait(for: "the start of \(key)") { $0.identity(of: key) != nil || $0.error(of: key) != nil }
    return try #require(events.identity(of: key), "\(String(describing: events.error(of: key)))")
  }

  func error(of key: RunKey) async throws -> SpawnError {
    try await wait(for: "the failure of \(key)") { $0.error(of: key) != nil }
    return try #require(events.error(of: key))
  }
}

extension [ProcessEvent] {
  func exit(of key: RunKey) -> Exit? {
    for case .exited(key, let exit, _) in self { return exit }
    return nil
  }

  func identity(of key: RunKey) -> ProcessIdentity? {
    for case .spawned(key, let identity) in self { return identity }
    return nil
  }

  func error(of key: RunKey) -> SpawnError? {
    for case .spawnFailed(key, let error) in self { return error }
    return nil
  }

  func emptiedCount(_ key: RunKey) -> Int {
    var count = 0
    for case .emptied(key) in self { count += 1 }
    return count
  }
}
