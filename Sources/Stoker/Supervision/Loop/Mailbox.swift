// Everything that reaches the supervisor comes through here: one queue, one reader, in order.

import Orchestration
import Probes
import Processes
import Synchronization

/// What reaches the supervisor. Services are named, since a reload may have moved them by the time that it is read.
enum Input: Sendable {
  /// The process table's news, in the batch in which they came.
  case processes([ProcessEvent])
  /// An in-process service was started.
  case taskBegan(String, run: UInt64)
  /// An in-process service has ended; `error`: what it threw.
  case taskEnded(String, run: UInt64, error: String?)
  /// A start that failed before there was anything to spawn: an environment file.
  case unprepared(String, run: UInt64, reason: String)
  /// A service's output says that it is ready.
  case notified(String, run: UInt64, Orchestration.Notification)
  /// A hook is over; `problem`: what went wrong.
  case hookFinished(String, run: UInt64, Hook, problem: String?)
  /// A check's answer.
  case checked(UInt64, Outcome)
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
