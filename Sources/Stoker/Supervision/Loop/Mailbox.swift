// The queue of the supervisor's loop: all inputs pass through it, in order, to one reader.

import Synchronization

/// An input of the supervisor's loop.
enum Input: Sendable {
  /// An event from a driver.
  case driver(DriverEvent)
  /// The deadline timer fired.
  case wake
  /// A closure that runs between two inputs and replies by itself.
  case request(@Sendable (inout SupervisorLoop) -> Void)
}

/// A queue with one reader. Posting never blocks, so the threads that watch processes are never delayed.
final class Mailbox: Sendable {
  private let inputs = Mutex<[Input]>([])
  private let bell: AsyncStream<Void>.Continuation
  /// Rings after a post; one ring may stand for many inputs.
  let rings: AsyncStream<Void>

  init() {
    (rings, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  func post(_ input: Input) {
    let wasEmpty = inputs.withLock { inputs in
      inputs.append(input)
      return inputs.count == 1
    }
    if wasEmpty { bell.yield() }
  }

  /// Takes all inputs that have been posted so far.
  func drain() -> [Input] {
    inputs.withLock { inputs in
      defer { inputs = [] }
      return inputs
    }
  }

  /// Ends `rings`; later inputs are still queued, but never handled.
  func close() {
    bell.finish()
  }
}
