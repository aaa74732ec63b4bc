// A flag that tasks set, clear and wait for.

import Synchronization

final class AsyncFlag: Sendable {
  private struct State {
    var isSet = false
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  /// Sets the flag and resumes all waiting tasks. True if it was clear.
  @discardableResult
  func set() -> Bool {
    let (wasSet, waiters) = state.withLock { state in
      defer { state = State(isSet: true) }
      return (state.isSet, state.waiters)
    }
    for waiter in waiters { waiter.resume() }
    return !wasSet
  }

  /// Clears the flag. True if it was set.
  @discardableResult
  func clear() -> Bool {
    state.withLock { state in
      defer { state.isSet = false }
      return state.isSet
    }
  }

  /// Waits until the flag is set, for at most `limit`.
  func wait(atMost limit: Duration) async {
    // At the limit all waiting tasks are resumed: they cannot tell a time-out from a set flag, and need not.
    let timer = Task {
      try await Task.sleep(for: limit, clock: SuspendingClock())
      resumeWaiters()
    }
    await withCheckedContinuation { continuation in
      let isSet = state.withLock { state in
        if !state.isSet { state.waiters.append(continuation) }
        return state.isSet
      }
      if isSet { continuation.resume() }
    }
    timer.cancel()
  }

  private func resumeWaiters() {
    let waiters = state.withLock { state in
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }
}
