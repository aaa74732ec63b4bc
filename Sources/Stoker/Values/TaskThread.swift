// A thread of its own for tasks that nobody may hold up, or that may hold up nobody.

import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// Runs tasks one after the other on one thread, beside Swift's own few.
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

  /// A thread that runs from its first task until ``shutdown()``.
  /// - Parameter niceness: how far it stands behind other threads of the system when all want the processor, 0 to 19.
  init(niceness: Int32 = 0) {
    self.niceness = niceness
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let isTaken: Void? = withLoop { loop in
      loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
    // Whoever comes too late is served by Swift's own threads: a task that never goes on would be worse.
    if isTaken == nil { globalConcurrentExecutor.enqueue(job) }
  }

  /// Something that is to be done later.
  struct Timer {
    fileprivate let scheduled: Scheduled<Void>?

    /// What is not begun is never done.
    func cancel() { scheduled?.cancel() }
  }

  /// Does something on the thread after a time that stops in suspend, as `SuspendingClock` does; never once the thread has ended.
  ///
  /// Swift's own sleep goes over its few threads, and was 2 to 4 ms late whenever a scrape used them.
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

  /// Gives the loop to `body`, made for the first; nil once it has ended.
  private func withLoop<Result>(_ body: (any EventLoop) -> Result) -> Result? {
    state.withLock { state in
      switch state {
      case .ended: return nil
      case .running(let group): return body(group.any())
      case .idle:
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        state = .running(group)
        // On Linux the priority is a thread's own, whatever POSIX says of processes.
        if niceness > 0 { group.any().execute { [niceness] in setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness) } }
        return body(group.any())
      }
    }
  }
}
