// The inputs of the screen from keys, signals, answers and events, until the task that draws takes them.

import Synchronization

/// A queue that wakes its reader: inputs that arrive together are drawn together.
final class TopInbox: Sendable {
  private let waiting = Mutex<[TopState.Input]>([])
  private let wakeup: AsyncStream<Void>.Continuation
  let wakeups: AsyncStream<Void>

  init() {
    (wakeups, wakeup) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  func post(_ input: TopState.Input) {
    waiting.withLock { $0.append(input) }
    wakeup.yield()
  }

  func drain() -> [TopState.Input] {
    waiting.withLock { waiting in
      defer { waiting = [] }
      return waiting
    }
  }
}
