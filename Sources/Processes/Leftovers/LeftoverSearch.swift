// Assigns processes to the runs of a dead Stoker.

import Glibc

/// One search through all processes.
struct LeftoverSearch {
  private let mark: String
  private let tree: ProcessTree
  /// Processes that are never touched: this one and its ancestors.
  private let spared: Set<Int32>
  /// The records of live processes, by pid: the number of a session proves nothing without its leader.
  private let leaders: [Int32: RunningRecord]
  private let records: [RunKey: RunningRecord]
  /// Runs of a version that marked them with a service's number, by session and run.
  private let names: [Place: String]
  /// The service of each process in a service's cgroup, by pid.
  private let groupOwners: [Int32: String]

  private struct Place: Hashable {
    var session: Int32
    var run: UInt64
  }

  /// - Parameter records: the records of this boot.
  init(mark: String, records: [RunningRecord], tree: ProcessTree, groups: ControlGroups?) {
    self.mark = mark
    self.tree = tree
    spared = Set(tree.lineage(of: getpid()).map(\.pid)).union([getpid(), 1])
    let living = records.filter { tree[$0.pid]?.startTime == $0.startTime }
    leaders = Dictionary(living.map { ($0.pid, $0) }, uniquingKeysWith: { first, _ in first })
    self.records = Dictionary(records.map { (RunKey(owner: $0.name, run: $0.run), $0) }, uniquingKeysWith: { first, _ in first })
    names = Dictionary(records.map { (Place(session: $0.pid, run: $0.run), $0.name) }, uniquingKeysWith: { first, _ in first })
    var owners: [Int32: String] = [:]
    for name in groups?.names ?? [] {
      for pid in groups?.group(for: name).processes() ?? [] { owners[pid] = name }
    }
    groupOwners = owners
  }

  func runs(_ proc: borrowing ProcReader) -> [LeftRun] {
    var found: [Leftover] = []
    // Processes in a service's cgroup whose run is not known.
    var unnumbered: [Leftover] = []
    for process in tree.processes where !spared.contains(process.pid) && !process.isZombie {
      guard let (leftover, isNumbered) = leftover(process, proc) else { continue }
      if isNumbered { found.append(leftover) } else { unnumbered.append(leftover) }
    }
    // A service has one run at a time: processes in its cgroup belong to its newest known run.
    for var leftover in unnumbered {
      let known = found.filter { $0.name == leftover.name }.map(\.run) + records.keys.filter { $0.owner == leftover.name }.map(\.run)
      leftover.run = known.max() ?? 0
      found.append(leftover)
    }
    return Dictionary(grouping: found) { RunKey(owner: $0.name, run: $0.run) }
      .map { key, processes in run(key, processes.sorted { $0.identity.pid < $1.identity.pid }) }
      .sorted { ($0.owner, $0.run) < ($1.owner, $1.run) }
  }

  private func leftover(_ process: ProcessStatus, _ proc: borrowing ProcReader) -> (Leftover, isNumbered: Bool)? {
    func left(_ name: String, _ run: UInt64, _ proof: Leftover.Proof) -> Leftover {
      Leftover(name: name, run: run, identity: process.identity, proof: proof)
    }
    if let record = leaders[process.pid] { return (left(record.name, record.run, .record), true) }
    if let record = leaders[process.session] { return (left(record.name, record.run, .session), true) }
    let key = proc.run(of: process.pid, mark: mark)
    if let owner = groupOwners[process.pid] {
      // The cgroup may also contain a command of the service.
      let run = key.flatMap { $0.owner == owner ? $0.run : nil }
      return (left(owner, run ?? 0, .group), run != nil)
    }
    guard let key else { return nil }
    let name = names[Place(session: process.session, run: key.run)] ?? key.owner
    return (left(name, key.run, .environment), true)
  }

  private func run(_ key: RunKey, _ processes: [Leftover]) -> LeftRun {
    let record = records[key]
    let leader: ProcessIdentity?
    if let record {
      leader = leaders[record.pid] == record ? record.identity : nil
    } else {
      // The first process that leads a session; session leaders that it started came later.
      leader = processes.map(\.identity).filter { tree[$0.pid]?.session == $0.pid }.min { ($0.startTime, $0.pid) < ($1.startTime, $1.pid) }
    }
    return LeftRun(owner: key.owner, run: key.run, leader: leader, processes: processes, record: record)
  }
}
