// What comes for the screen from keys, signals, answers and events, until the one that draws takes it.

import Synchronization

/// A queue with a bell: what comes at once is drawn at once.
final class TopInbox: Sendable {
  private let waiting = Mutex<[TopState.Input]>([])
  private let bell: AsyncStream<Void>.Continuation
  let rings: AsyncStream<Void>

  init() {
    (rings, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  func post(_ input: TopState.Input) {
    waiting.withLock { $0.append(input) }
    bell.yield()
  }

  func drain() -> [TopState.Input] {
    waiting.withLock { waiting in
      defer { waiting = [] }
      return waiting
    }
  }
}
