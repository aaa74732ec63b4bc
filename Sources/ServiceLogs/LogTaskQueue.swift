// The tasks of the log pump, in order.

import Linux
import Synchronization

/// A task for the log pump.
enum LogTask: Sendable {
  /// Pump the output of this pipe.
  case attach(LogPipe)
  /// The run's leader has exited.
  case release(ServiceLog, run: UInt64, whenDrained: (@Sendable () -> Void)?)
  /// A device that hung answers.
  case resume(device: UInt64)
  /// Look at the file of a direct log.
  case look(DirectLog, then: (@Sendable () -> Void)?)
  /// The service is gone: its log gets no more runs.
  case end(ServiceLog)
}

/// The queue between the threads that post tasks and the pump. A pump that replaces a hung one continues with
/// the next task.
final class LogTaskQueue: Sendable {
  private struct State {
    var tasks: [LogTask] = []
    /// The tasks before this index are done.
    var first = 0
    /// The callback of the task under way.
    var completion: (@Sendable () -> Void)?
    /// Released runs whose disk hangs.
    var postponed: [(log: ServiceLog, run: UInt64)] = []
    var isClosed = false
  }

  private let state = Mutex(State())
  /// Readable when there are tasks.
  let wakeup: Wakeup

  init() throws(SystemError) {
    wakeup = try Wakeup()
  }

  /// Adds tasks. False if the queue was closed: then they are not taken.
  func post(_ tasks: [LogTask]) -> Bool {
    let isTaken = state.withLock { state in
      guard !state.isClosed else { return false }
      state.tasks += tasks
      return true
    }
    if isTaken { wakeup.ring() }
    return isTaken
  }

  /// The next task; without one, whether the queue is closed, so that none will come.
  func next() -> (task: LogTask?, isOver: Bool) {
    state.withLock { state in
      guard state.first < state.tasks.count else { return (nil, state.isClosed) }
      defer {
        state.first += 1
        if state.first == state.tasks.count {
          state.tasks.removeAll()
          state.first = 0
        }
      }
      return (state.tasks[state.first], false)
    }
  }

  var isClosed: Bool { state.withLock { $0.isClosed } }

  func close() {
    state.withLock { $0.isClosed = true }
    wakeup.ring()
  }

  // MARK: Completion

  /// Keeps the callback of the task that begins. If the pump hangs in the task, its replacement calls it.
  func begin(completion: (@Sendable () -> Void)?) { state.withLock { $0.completion = completion } }

  /// Calls the callback of the task under way, once.
  func complete() {
    let call = state.withLock { state in
      defer { state.completion = nil }
      return state.completion
    }
    call?()
  }

  // MARK: Hanging disks

  /// Postpones the release of a run until its device answers.
  func postpone(_ log: ServiceLog, run: UInt64) { state.withLock { $0.postponed.append((log, run)) } }

  /// Posts the postponed releases of a device again.
  func resume(_ device: UInt64) {
    let tasks = state.withLock { state in
      let runs = state.postponed.filter { $0.log.devices.contains(device) }
      state.postponed.removeAll { $0.log.devices.contains(device) }
      return runs.map { LogTask.release($0.log, run: $0.run, whenDrained: nil) }
    }
    _ = post(tasks)
  }
}
