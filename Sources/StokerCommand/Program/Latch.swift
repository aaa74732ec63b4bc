// Something that is so or not, seen by several tasks.

import Synchronization

final class Latch: Sendable {
  private struct State {
    var isUp = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  /// True if it was not up before.
  @discardableResult
  func raise() -> Bool {
    let (wasUp, waiting) = state.withLock { state in
      defer { state = State(isUp: true) }
      return (state.isUp, state.waiting)
    }
    for continuation in waiting { continuation.resume() }
    return !wasUp
  }

  /// True if it was up before.
  @discardableResult
  func lower() -> Bool {
    state.withLock { state in
      defer { state.isUp = false }
      return state.isUp
    }
  }

  /// Waits until it is up, for so long at most.
  func wait(atMost limit: Duration) async {
    // Whoever waits in vain is let go by the same way.
    let timer = Task {
      try await Task.sleep(for: limit, clock: SuspendingClock())
      letGo()
    }
    await withCheckedContinuation { continuation in
      let isUp = state.withLock { state in
        if !state.isUp { state.waiting.append(continuation) }
        return state.isUp
      }
      if isUp { continuation.resume() }
    }
    timer.cancel()
  }

  private func letGo() {
    let waiting = state.withLock { state in
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }
}
