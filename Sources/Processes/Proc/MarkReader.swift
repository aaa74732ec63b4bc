// Reads the marks of processes, and does not wait for those that hang.

import Linux
import Synchronization

/// Reads marks one at a time, on a thread of its own: to read an environment the kernel takes locks of that process, and any user can have
/// one hold them without end, by execve(2) or mmap(2) on a file system of that user's own. Used by one thread at a time.
final class MarkReader: Sendable {
  typealias Read = @Sendable (_ pid: Int32) throws(SystemError) -> ProcReader.Marking

  private struct State {
    var lane: Lane?
    var hanging: Set<ProcessIdentity> = []
  }

  private let read: Read
  private let patience: Duration
  private let isAlive: @Sendable (ProcessIdentity) -> Bool
  private let state = Mutex(State())

  /// Each process that hangs costs the patience and a thread. While there are so many no mark is read: the other proofs remain.
  private static let hangingBound = 8

  convenience init(_ marks: RunMarks) {
    self.init { pid throws(SystemError) in try ProcReader().marking(of: pid, marks) }
  }

  init(
    patience: Duration = .seconds(1),
    isAlive: @escaping @Sendable (ProcessIdentity) -> Bool = { ProcessIdentity.current(pid: $0.pid) == $0 }, read: @escaping Read
  ) {
    self.patience = patience
    self.isAlive = isAlive
    self.read = read
  }

  deinit { state.withLock { $0.lane }?.end() }

  /// The mark of a process; `unknown` if reading it hangs. Throws if there is no descriptor or thread for it.
  func marking(of process: ProcessStatus) throws(SystemError) -> ProcReader.Marking {
    let (known, isHanging) = state.withLock { state in
      if state.hanging.count >= Self.hangingBound { state.hanging = state.hanging.filter(isAlive) }
      return (state.lane, state.hanging.contains(process.identity) || state.hanging.count >= Self.hangingBound)
    }
    if isHanging { return .unknown }
    let lane = if let known { known } else { try Lane(read) }
    let answer = lane.ask(process.pid, patience)
    if answer == nil { lane.end() }
    state.withLock {
      $0.lane = answer == nil ? nil : lane
      if answer == nil { $0.hanging.insert(process.identity) }
    }
    return try answer?.get() ?? .unknown
  }

  /// A thread that reads.
  private final class Lane: Sendable {
    private enum Job {
      case none, end
      case read(Int32)
      case done(Result<ProcReader.Marking, SystemError>)
    }

    private let job = Mutex(Job.none)
    private let asked = Bell()
    private let answered = Bell()

    init(_ read: @escaping Read) throws(SystemError) {
      _ = try NativeThread("stoker-marks", isDetached: true) { self.work(read) }
    }

    private func work(_ read: Read) {
      while true {
        asked.wait(until: nil)
        switch job.withLock({ $0 }) {
        case .none, .done: continue
        case .end: return
        case .read(let pid):
          let answer = Result { () throws(SystemError) in try read(pid) }
          // Unless it was given up meanwhile.
          job.withLock { if case .read = $0 { $0 = .done(answer) } }
          answered.ring()
        }
      }
    }

    /// The mark; nil if it could not be read in time.
    func ask(_ pid: Int32, _ patience: Duration) -> Result<ProcReader.Marking, SystemError>? {
      job.withLock { $0 = .read(pid) }
      asked.ring()
      answered.wait(until: .now + patience)
      return if case .done(let answer) = job.withLock({ $0 }) { answer } else { nil }
    }

    func end() {
      job.withLock { $0 = .end }
      asked.ring()
    }
  }
}
