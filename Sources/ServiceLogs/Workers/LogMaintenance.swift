// Maintenance of logs on a thread of its own: packing old files, making direct ones smaller, removing FIFOs.

import Glibc
import Linux
import Synchronization

/// The queue of maintenance jobs, and the worker that performs them in order.
final class LogMaintenance: Worker {
  /// A job, which may block as long as its disk does.
  struct Job: Sendable {
    let call: BlockingCall
    /// The object of the job. A second job with the same object is not queued; nil: always queued.
    let subject: ObjectIdentifier?
    /// Performs the job; calls the closure that it is given after each step, as a sign that it does not hang.
    let perform: @Sendable (_ progress: () -> Void) -> Void
  }

  private struct Queue {
    var jobs: [Job] = []
    var first = 0
    var subjects: Set<ObjectIdentifier> = []
    /// Jobs that wait, since their device hangs.
    var parked: [Job] = []
    var isOver = false
  }

  private enum Next {
    case job(Job)
    case later
    case nothing
  }

  let slot: WorkerSlot
  private let queue = Mutex(Queue())
  private let wakeup: Wakeup

  init(_ detector: HangDetector) throws(SystemError) {
    slot = try WorkerSlot("stoker-pack", detector)
    wakeup = try Wakeup(semaphore: true)
  }

  func add(_ job: Job) {
    let isNew = queue.withLock { queue in
      guard !queue.isOver, job.subject.map({ queue.subjects.insert($0).inserted }) ?? true else { return false }
      queue.jobs.append(job)
      return true
    }
    if isNew { wakeup.ring() }
  }

  /// Ends the thread after all jobs that are queued.
  func finish() { wakeup.ring() }

  /// Drops all jobs that have not begun.
  func drop() {
    queue.withLock { queue in
      queue.isOver = true
      queue.jobs.removeAll()
      queue.first = 0
    }
    wakeup.ring()
  }

  private func next() -> Next {
    queue.withLock { queue in
      guard queue.first < queue.jobs.count else { return .nothing }
      let job = queue.jobs[queue.first]
      queue.first += 1
      if queue.first == queue.jobs.count {
        queue.jobs.removeAll(keepingCapacity: queue.first < 1024)
        queue.first = 0
      }
      if slot.isHung(job.call.device) {
        queue.parked.append(job)
        return .later
      }
      if let subject = job.subject { queue.subjects.remove(subject) }
      return .job(job)
    }
  }

  // MARK: The worker

  func work(on lease: WorkerLease) {
    // A lower priority than all other threads: nothing waits for this work.
    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
    while lease.isHeld {
      wakeup.wait()
      switch next() {
      case .nothing: return
      case .later: continue
      case .job(let job):
        lease.begin(job.call)
        job.perform { lease.progress() }
        lease.end()
      }
    }
  }

  func hangs(in call: BlockingCall) {}

  func returned(from call: BlockingCall) {
    let jobs = queue.withLock { queue in
      defer { queue.parked.removeAll() }
      for job in queue.parked { if let subject = job.subject { queue.subjects.remove(subject) } }
      return queue.parked
    }
    for job in jobs { add(job) }
  }
}
