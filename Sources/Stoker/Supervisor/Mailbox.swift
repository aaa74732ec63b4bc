// Everything that reaches the supervisor comes through here: one queue, one reader, in order.

import Orchestration
import Probes
import Processes
import Synchronization

/// What reaches the supervisor.
enum Input: Sendable {
  /// The process table's news, in the batch in which they came.
  case processes([ProcessEvent])
  /// News of an in-process service.
  case task(Event, error: String?)
  /// A start that failed before there was anything to spawn: an environment file, a log directory.
  case unprepared(ServiceID, run: UInt64, reason: String)
  /// A check's answer.
  case checked(ServiceID, check: UInt64, Outcome)
  /// The alarm went off.
  case wake
  /// Somebody asks something that only the supervisor can answer; the closure replies by itself.
  case request(@Sendable (inout SupervisorLoop) -> Void)
}

/// A queue with one reader. Posting never blocks, so that the threads that watch processes are never held up.
final class Mailbox: Sendable {
  private let inputs = Mutex<[Input]>([])
  private let bell: AsyncStream<Void>.Continuation
  /// Rings after something was posted; one ring may stand for many inputs.
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

  /// Takes everything that has come so far.
  func drain() -> [Input] {
    inputs.withLock { inputs in
      defer { inputs = [] }
      return inputs
    }
  }

  /// Ends `rings`; later requests are still queued, and answered by nobody.
  func close() {
    bell.finish()
  }
}
