// Finds the processes of runs, in one walk of /proc for all runs that are asked for.

import Glibc
import Linux

/// Finds the members of runs.
///
/// A process belongs to the run of its session, else of its parent. Only if neither has a run, its
/// environment is read, and only once.
struct Sweep {
  /// Whether orphaned descendants become our children.
  private let isSubreaper: Bool
  /// The start time of this process: none of ours is older.
  private let birth: UInt64
  private var marks: MarkMemory

  init(marks: RunMarks, isSubreaper: Bool, in proc: borrowing ProcReader) {
    self.marks = MarkMemory(marks)
    self.isSubreaper = isSubreaper
    birth = proc.status(of: getpid())?.startTime ?? 0
  }

  /// The facts for one sweep.
  struct Search {
    /// The runs, with the start times of their leaders.
    var starts: [RunKey: UInt64] = [:]
    /// The leaders of all runs, asked for or not, by pid: each owns its session.
    var leaders: [Int32: RunKey]
    /// Sessions whose leader is gone.
    var formerSessions: [Int32: FormerSession]
    /// Known processes of a run.
    var anchors: [ProcessIdentity: RunKey] = [:]
    /// The cgroups of runs: all processes in them are theirs.
    var groups: [RunKey: ControlGroup] = [:]
    /// The processes that get the orphans of adopted runs.
    var reapers: Set<Int32> = []
    /// Whether a run that is asked for was adopted.
    var hasAdopted = false
  }

  /// The live processes of each run; runs without any are left out. Throws if not all processes could be
  /// read.
  mutating func members(of search: Search, in proc: borrowing ProcReader) throws(SystemError) -> [RunKey: [ProcessStatus]] {
    // 0 is the start time of a leader that could not be read.
    guard let earliest = search.starts.values.map({ $0 == 0 ? birth : $0 }).min() else { return [:] }
    let tree = ProcessTree(try proc.allProcesses())
    var owners = Owners(search: search, adopters: adopters(in: tree, search), earliest: earliest)
    for (anchor, key) in search.anchors where tree[anchor.pid]?.startTime == anchor.startTime { owners.known[anchor.pid] = key }
    // Every process in a run's cgroup belongs to that run, except leaders of other runs and members of their
    // sessions.
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

  /// The processes in the cgroup of a run, except those in sessions of other runs.
  func members(in group: ControlGroup, of key: RunKey, leaders: [Int32: RunKey], _ proc: borrowing ProcReader) -> [ProcessStatus] {
    var found: [ProcessStatus] = []
    for pid in group.processes() {
      guard let status = proc.status(of: pid), !status.isZombie, leaders[status.session] ?? key == key else { continue }
      found.append(status)
    }
    return found
  }

  /// Whether a process belongs to a run: by its session, its ancestors, or its environment.
  mutating func isMember(_ process: ProcessStatus, of key: RunKey, leaders: [Int32: RunKey], _ proc: borrowing ProcReader) -> Bool {
    var next: ProcessStatus? = process
    // No line of ancestors is longer, unless it changes while it is followed.
    for _ in 0..<64 {
      guard let process = next, process.pid != getpid(), process.pid != 1 else { break }
      if let owner = leaders[process.session] { return owner == key }
      next = proc.status(of: process.parent)
    }
    return (try? run(markedIn: process)) == key
  }

  /// The run in the environment of a process. Throws if it cannot be read at this moment (EAGAIN).
  mutating func run(markedIn process: ProcessStatus) throws(SystemError) -> RunKey? {
    try marks.run(of: process)
  }

  private struct Owners {
    let search: Search
    /// The processes that get our orphans.
    let adopters: Set<Int32>
    /// The earliest start time of the runs that are asked for.
    let earliest: UInt64
    var known: [Int32: RunKey?] = [:]

    /// The run of its session.
    func sessionOwner(of process: ProcessStatus) -> RunKey? {
      if let key = search.leaders[process.session] { return key }
      guard let former = search.formerSessions[process.session], process.startTime <= former.end else { return nil }
      return former.key
    }
  }

  /// Orphans go to the nearest ancestor that is a subreaper, else to pid 1. Those of adopted runs never come
  /// to us.
  private func adopters(in tree: ProcessTree, _ search: Search) -> Set<Int32> {
    if isSubreaper, !search.hasAdopted { return [getpid()] }
    var lines = Set(tree.lineage(of: getpid()).map(\.pid)).union([getpid(), 1])
    for reaper in search.reapers { lines.formUnion(tree.lineage(of: reaper).map(\.pid)) }
    return lines
  }

  /// The run of a process: that of its session, else of its parent, else the one in its environment.
  private mutating func owner(
    of process: ProcessStatus, _ tree: ProcessTree, _ owners: inout Owners, _ proc: borrowing ProcReader
  ) throws(SystemError) -> RunKey? {
    if let known = owners.known[process.pid] { return known }
    owners.known[process.pid] = .some(nil)  // ends a circle, if pids were reused during the walk
    var key = owners.sessionOwner(of: process)
    let parent = process.parent
    if key == nil, parent > 1, parent != getpid(), process.pid != getpid(), let parent = tree[parent] {
      key = try owner(of: parent, tree, &owners, proc)
    }
    if key == nil, mayBearMark(process, tree, owners) {
      key = try run(markedIn: process)
    }
    owners.known[process.pid] = .some(key)
    return key
  }

  /// Whether its environment may have a mark though neither its session nor its parent has a run: only for an
  /// orphan, or a process that is just becoming one.
  private func mayBearMark(_ process: ProcessStatus, _ tree: ProcessTree, _ owners: Owners) -> Bool {
    guard process.startTime >= owners.earliest, process.pid != getpid(), !process.isZombie, process.parent > 0 else { return false }
    return owners.adopters.contains(process.parent) || tree[process.parent] == nil
  }
}
