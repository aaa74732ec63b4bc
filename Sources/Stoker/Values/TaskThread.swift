// A dedicated thread: isolates its tasks from the shared pool, and the pool from them.

import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// Runs tasks one after the other on one thread, outside Swift's small pool.
///
/// ```swift
/// Task(executorPreference: thread) { … }
/// ```
final class TaskThread: TaskExecutor {
  private enum State {
    case idle
    case running(MultiThreadedEventLoopGroup)
    case ended
  }

  private let niceness: Int32
  private let state = Mutex(State.idle)

  /// A thread that runs from ``start()``, or its first task, until ``shutdown()``.
  /// - Parameter niceness: the nice value of the thread, 0 to 19: a higher one leaves the processor to other threads.
  init(niceness: Int32 = 0) {
    self.niceness = niceness
  }

  /// Starts the thread, if it does not run yet: later there may be no descriptor for its event loop, which NIO does not survive.
  func start() {
    withLoop { _ in }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let isTaken: Void? = withLoop { loop in
      loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
    // A job after the shutdown runs on Swift's own threads: a task that never continues would be worse.
    if isTaken == nil { globalConcurrentExecutor.enqueue(job) }
  }

  /// A call in the future.
  struct Timer {
    fileprivate let scheduled: Scheduled<Void>?

    /// Cancels the call if it has not begun.
    func cancel() { scheduled?.cancel() }
  }

  /// Calls `body` on the thread after a time that stops in suspend, as `SuspendingClock` does; never after the thread has ended.
  ///
  /// Swift's own sleep uses its few threads, and was 2 to 4 ms late whenever a scrape used them.
  func timer(in delay: Duration, _ body: @escaping @Sendable () -> Void) -> Timer {
    Timer(scheduled: withLoop { $0.scheduleTask(in: TimeAmount(delay), body) })
  }

  /// Ends the thread.
  func shutdown() async {
    let group = state.withLock { state -> MultiThreadedEventLoopGroup? in
      defer { state = .ended }
      if case .running(let group) = state { return group }
      return nil
    }
    try? await group?.shutdownGracefully()
  }

  /// Calls `body` with the event loop, which the first call makes; nil after the shutdown.
  @discardableResult
  private func withLoop<Result>(_ body: (any EventLoop) -> Result) -> Result? {
    state.withLock { state in
      switch state {
      case .ended: return nil
      case .running(let group): return body(group.any())
      case .idle:
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        state = .running(group)
        // On Linux the nice value belongs to the thread, although POSIX defines it for the process.
        if niceness > 0 { group.any().execute { [niceness] in setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness) } }
        return body(group.any())
      }
    }
  }
}
