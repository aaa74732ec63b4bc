// Finds what belongs to runs, in one walk of /proc for all that are asked for.

import Glibc
import Linux

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

  /// What is looked for.
  struct Search {
    /// The runs, and when their leaders began.
    var starts: [RunKey: UInt64] = [:]
    /// The leaders of all runs, asked for or not, by pid: their sessions are theirs and nobody else's.
    var leaders: [Int32: RunKey]
    /// Sessions whose leader is gone.
    var formerSessions: [Int32: FormerSession]
    /// Processes that are known to be a run's.
    var anchors: [ProcessIdentity: RunKey] = [:]
    /// The cgroups of runs: all in them is theirs.
    var groups: [RunKey: ControlGroup] = [:]
    /// To whom the kernel gives the orphans of what we did not start.
    var reapers: Set<Int32> = []
    /// Something asked for was not started by us.
    var hasAdopted = false
  }

  /// What lives of each run; runs of which nothing does are left out. Throws if not all processes could be looked at.
  mutating func members(of search: Search, in proc: borrowing ProcReader) throws(SystemError) -> [RunKey: [ProcessStatus]] {
    // 0 is the start of a leader that could not be looked at.
    guard let earliest = search.starts.values.map({ $0 == 0 ? birth : $0 }).min() else { return [:] }
    let tree = ProcessTree(try proc.allProcesses())
    var owners = Owners(search: search, adopters: adopters(in: tree, search), earliest: earliest)
    for (anchor, key) in search.anchors where tree[anchor.pid]?.startTime == anchor.startTime { owners.known[anchor.pid] = key }
    // A run's cgroup holds what is its, unless that is the leader of another run, or in such a one's session.
    for (key, group) in search.groups {
      for pid in group.processes() where owners.known[pid] == nil && search.leaders[tree[pid]?.session ?? pid] == nil {
        owners.known[pid] = key
      }
    }
    var found: [RunKey: [ProcessStatus]] = [:]
    for process in tree.processes {
      guard let key = try owner(of: process, tree, &owners, proc), search.starts[key] != nil, !process.isZombie else { continue }
      found[key, default: []].append(process)
    }
    marks.forget(allBut: tree)
    return found
  }

  /// What is in the cgroup of a run, but in no session of another run's.
  func members(in group: ControlGroup, of key: RunKey, leaders: [Int32: RunKey], _ proc: borrowing ProcReader) -> [ProcessStatus] {
    var found: [ProcessStatus] = []
    for pid in group.processes() {
      guard let status = proc.status(of: pid), !status.isZombie, leaders[status.session] ?? key == key else { continue }
      found.append(status)
    }
    return found
  }

  /// Whether a process is of a run: by its session, its ancestors, or what its environment says.
  mutating func isMember(_ process: ProcessStatus, of key: RunKey, leaders: [Int32: RunKey], _ proc: borrowing ProcReader) -> Bool {
    var next: ProcessStatus? = process
    // No line of ancestors is longer, unless it changes while we follow it.
    for _ in 0..<64 {
      guard let process = next, process.pid != getpid(), process.pid != 1 else { break }
      if let owner = leaders[process.session] { return owner == key }
      next = proc.status(of: process.parent)
    }
    return (try? run(markedIn: process, proc)) == key
  }

  /// The run that the environment of a process names. Throws if that cannot be told at this moment (EAGAIN).
  mutating func run(markedIn process: ProcessStatus, _ proc: borrowing ProcReader) throws(SystemError) -> RunKey? {
    try marks.run(of: process, mark: mark, in: proc)
  }

  private struct Owners {
    let search: Search
    /// Those to whom the kernel gives processes of ours that lose their parent.
    let adopters: Set<Int32>
    /// Nothing of the runs that are asked for began earlier.
    let earliest: UInt64
    var known: [Int32: RunKey?] = [:]

    /// Whose session it is in.
    func sessionOwner(of process: ProcessStatus) -> RunKey? {
      if let key = search.leaders[process.session] { return key }
      guard let former = search.formerSessions[process.session], process.startTime <= former.end else { return nil }
      return former.key
    }
  }

  /// Orphans go to the nearest ancestor that is a subreaper, else to pid 1. Those of what a predecessor started never come to us.
  private func adopters(in tree: ProcessTree, _ search: Search) -> Set<Int32> {
    if isSubreaper, !search.hasAdopted { return [getpid()] }
    var lines = Set(tree.lineage(of: getpid()).map(\.pid)).union([getpid(), 1])
    for reaper in search.reapers { lines.formUnion(tree.lineage(of: reaper).map(\.pid)) }
    return lines
  }

  /// The run of a process: that of its session, else of its parent, else the one its environment names.
  private mutating func owner(
    of process: ProcessStatus, _ tree: ProcessTree, _ owners: inout Owners, _ proc: borrowing ProcReader
  ) throws(SystemError) -> RunKey? {
    if let known = owners.known[process.pid] { return known }
    owners.known[process.pid] = .some(nil)  // breaks a circle, should pids be used anew while we look
    var key = owners.sessionOwner(of: process)
    let parent = process.parent
    if key == nil, parent > 1, parent != getpid(), process.pid != getpid(), let parent = tree[parent] {
      key = try owner(of: parent, tree, &owners, proc)
    }
    if key == nil, mayBearMark(process, tree, owners) {
      key = try run(markedIn: process, proc)
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
