// What is done beside the moving, on a thread of its own: packing old files, making direct ones smaller, removing FIFOs.

import Glibc
import Linux
import Synchronization

/// The packer's work, in order.
final class Packer: Sendable {
  enum Job: Sendable {
    /// Pack what was put aside.
    case pack(LogRotation, device: UInt64)
    /// Move the head of a direct log away.
    case shrink(DirectLog)
    /// Remove a FIFO whose run is over. Here, since the mover must not hang with the disk it is on.
    case remove(path: String, device: UInt64)

    var task: Duty.Task {
      switch self {
      case .pack(let rotation, let device): Duty.Task(device: device, path: rotation.path)
      case .shrink(let log): Duty.Task(device: log.device, path: log.path)
      case .remove(let path, let device): Duty.Task(device: device, path: path)
      }
    }

    /// What need not be done twice.
    var subject: ObjectIdentifier? {
      switch self {
      case .pack(let rotation, _): ObjectIdentifier(rotation)
      case .shrink(let log): ObjectIdentifier(log)
      case .remove: nil
      }
    }
  }

  private struct Queue {
    var jobs: [Job] = []
    var first = 0
    var subjects: Set<ObjectIdentifier> = []
    /// What is left for later, since its device hangs.
    var parked: [Job] = []
    var isOver = false
  }

  private enum Next {
    case job(Job)
    case later
    case nothing
  }

  private let queue = Mutex(Queue())
  private let bell: Wakeup

  init() throws(SystemError) {
    bell = try Wakeup(semaphore: true)
  }

  func add(_ job: Job) {
    let isNew = queue.withLock { queue in
      guard !queue.isOver, job.subject.map({ queue.subjects.insert($0).inserted }) ?? true else { return false }
      queue.jobs.append(job)
      return true
    }
    if isNew { bell.ring() }
  }

  /// The last ring: what comes after all that is queued lets the thread end.
  func finish() { bell.ring() }

  /// What is not begun yet is not done any more.
  func drop() {
    queue.withLock { queue in
      queue.isOver = true
      queue.jobs.removeAll()
      queue.first = 0
    }
    bell.ring()
  }

  /// A device that hung answers.
  func resume() {
    let jobs = queue.withLock { queue in
      defer { queue.parked.removeAll() }
      for job in queue.parked { if let subject = job.subject { queue.subjects.remove(subject) } }
      return queue.parked
    }
    for job in jobs { add(job) }
  }

  private func next(_ post: Post) -> Next {
    queue.withLock { queue in
      guard queue.first < queue.jobs.count else { return .nothing }
      let job = queue.jobs[queue.first]
      queue.first += 1
      if queue.first == queue.jobs.count {
        queue.jobs.removeAll(keepingCapacity: queue.first < 1024)
        queue.first = 0
      }
      if post.isHung(job.task.device) {
        queue.parked.append(job)
        return .later
      }
      if let subject = job.subject { queue.subjects.remove(subject) }
      return .job(job)
    }
  }

  /// Works until it is woken with nothing to do, or another has taken over.
  func work(at post: Post, _ duty: Duty, _ watchman: Watchman) {
    // Less than everybody else: nobody waits for it.
    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
    while duty.isOn {
      bell.wait()
      switch next(post) {
      case .nothing: return
      case .later: continue
      case .job(let job):
        duty.begin(job.task)
        watchman.wake()
        perform(job, duty)
        duty.end()
      }
    }
  }

  private func perform(_ job: Job, _ duty: Duty) {
    switch job {
    case .pack(let rotation, _): rotation.pack { duty.progress() }
    case .shrink(let log): log.shrink { duty.progress() }
    case .remove(let path, _): unlink(path)
    }
  }
}
