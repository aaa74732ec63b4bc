// Finds what belongs to runs, in one walk of /proc for all that are asked for.

import Glibc

/// Finds the members of runs.
///
/// A process is its session's run's, else its parent's. Only of what neither assigns is the environment read, and only once: to read it
/// the kernel takes a lock of that process, for which we would wait for ever, should the process hang in the kernel.
struct Sweep {
  private let mark: String
  /// As a subreaper we become the parent of whatever loses its own.
  private let isSubreaper: Bool
  /// Nothing of ours is older than we.
  private let birth: UInt64
  private var marks = MarkMemory()

  init(mark: String, isSubreaper: Bool, in proc: borrowing ProcReader) {
    self.mark = mark
    self.isSubreaper = isSubreaper
    birth = proc.status(of: getpid())?.startTime ?? 0
  }

  /// What lives of each run; runs of which nothing does are left out. Throws if not all processes could be looked at.
  ///
  /// - Parameters:
  ///   - starts: the runs that are asked for, and when their leaders began.
  ///   - leaders: those of all runs, asked for or not, by pid: their sessions are theirs and nobody else's.
  mutating func members(
    of starts: [RunKey: UInt64], leaders: [Int32: RunKey], in proc: borrowing ProcReader
  ) throws(SystemError) -> [RunKey: [ProcessStatus]] {
    guard let earliest = starts.values.min() else { return [:] }
    let tree = ProcessTree(try proc.allProcesses())
    var owners = Owners(leaders: leaders, adopters: adopters(in: tree), earliest: max(earliest, birth))
    var found: [RunKey: [ProcessStatus]] = [:]
    for process in tree.processes {
      guard let key = owner(of: process, tree, &owners, proc), starts[key] != nil, !process.isZombie else { continue }
      found[key, default: []].append(process)
    }
    marks.forget(allBut: tree)
    return found
  }

  /// The run that the environment of a process names.
  mutating func run(markedIn process: ProcessStatus, _ proc: borrowing ProcReader) -> RunKey? {
    marks.run(of: process, mark: mark, in: proc)
  }

  private struct Owners {
    let leaders: [Int32: RunKey]
    /// Those to whom the kernel gives processes of ours that lose their parent.
    let adopters: Set<Int32>
    /// Nothing of the runs that are asked for began earlier.
    let earliest: UInt64
    var known: [Int32: RunKey?] = [:]
  }

  /// Orphans go to the nearest ancestor that is a subreaper, else to pid 1.
  private func adopters(in tree: ProcessTree) -> Set<Int32> {
    isSubreaper ? [getpid()] : Set(tree.lineage(of: getpid()).map(\.pid)).union([getpid(), 1])
  }

  /// The run of a process: that of its session, else of its parent, else the one its environment names.
  private mutating func owner(
    of process: ProcessStatus, _ tree: ProcessTree, _ owners: inout Owners, _ proc: borrowing ProcReader
  ) -> RunKey? {
    if let known = owners.known[process.pid] { return known }
    owners.known[process.pid] = .some(nil)  // breaks a circle, should pids be used anew while we look
    var key = owners.leaders[process.session]
    let parent = process.parent
    if key == nil, parent > 1, parent != getpid(), process.pid != getpid(), let parent = tree[parent] {
      key = owner(of: parent, tree, &owners, proc)
    }
    if key == nil, mayBearMark(process, tree, owners) {
      key = run(markedIn: process, proc)
    }
    owners.known[process.pid] = .some(key)
    return key
  }

  /// Whether it may be ours though neither its session nor its parent says so: only an orphan can, or one that is just becoming one.
  private func mayBearMark(_ process: ProcessStatus, _ tree: ProcessTree, _ owners: Owners) -> Bool {
    guard process.startTime >= owners.earliest, process.pid != getpid(), !process.isZombie, process.parent > 0 else { return false }
    return owners.adopters.contains(process.parent) || tree[process.parent] == nil
  }
}
