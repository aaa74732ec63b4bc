// Assigns processes to the runs of a dead Stoker, each by a proof (rule 59).

import Glibc

/// One search through all processes.
struct LeftoverSearch {
  private let reader: MarkReader
  private let tree: ProcessTree
  /// Processes that are never touched: this one and its ancestors.
  private let spared: Set<Int32>
  /// The records of live processes, by pid.
  private let leaders: [Int32: RunningRecord]
  /// The same by session. Nobody enters a session from outside, so all of it descends from one process of the run.
  private let sessions: [Int32: RunningRecord]
  /// The records of processes that are gone, by pid: the number of a session proves little without its leader.
  private let former: [Int32: RunningRecord]
  private let records: [RunKey: RunningRecord]
  /// By pid: the service of each process in a service's cgroup, or the run of a command.
  private let groupOwners: [Int32: (name: String, run: UInt64?)]

  /// The run of a process; without a number, the newest run of the service.
  private struct Finding {
    var owner: String
    var run: UInt64?
    var proof: Leftover.Proof

    init(_ key: RunKey, _ proof: Leftover.Proof) {
      self.init(key.owner, key.run, proof)
    }

    init(_ owner: String, _ run: UInt64?, _ proof: Leftover.Proof) {
      (self.owner, self.run, self.proof) = (owner, run, proof)
    }
  }

  /// - Parameter records: the records of this boot.
  init(reader: MarkReader, records: [RunningRecord], tree: ProcessTree, groups: ControlGroups?) {
    self.reader = reader
    self.tree = tree
    spared = Set(tree.lineage(of: getpid()).map(\.pid)).union([getpid(), 1])
    let living = records.filter { tree[$0.pid]?.startTime == $0.startTime }
    leaders = Dictionary(living.map { ($0.pid, $0) }, uniquingKeysWith: { first, _ in first })
    let led = living.compactMap { record in tree[record.pid].map { ($0.session, record) } }
    sessions = Dictionary(led, uniquingKeysWith: { $0.pid == tree[$0.pid]?.session ? $0 : $1 })
    former = Dictionary(
      records.filter { tree[$0.pid]?.startTime != $0.startTime }.map { ($0.pid, $0) }, uniquingKeysWith: { $0.run > $1.run ? $0 : $1 })
    self.records = Dictionary(records.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    var owners: [Int32: (name: String, run: UInt64?)] = [:]
    for name in groups?.names ?? [] {
      guard let group = groups?.group(for: name), group.isOurs else { continue }
      let (own, commands) = group.processes()
      for pid in own { owners[pid] = (name, nil) }
      for (run, pids) in commands { for pid in pids { owners[pid] = (RunKey.commands, run) } }
    }
    groupOwners = owners
  }

  func runs(_ proc: borrowing ProcReader) -> [LeftRun] {
    let findings = findings(proc)
    var newest: [String: UInt64] = [:]
    for key in records.keys { newest[key.owner] = max(newest[key.owner] ?? 0, key.run) }
    for case let (owner, run?) in findings.values.lazy.map({ ($0.owner, $0.run) }) { newest[owner] = max(newest[owner] ?? 0, run) }
    let found = tree.processes.compactMap { process in
      findings[process.pid].map {
        Leftover(name: $0.owner, run: $0.run ?? newest[$0.owner] ?? 0, identity: process.identity, proof: $0.proof)
      }
    }
    return Dictionary(grouping: found) { RunKey(owner: $0.name, run: $0.run) }
      .map { key, processes in run(key, processes.sorted { $0.identity.pid < $1.identity.pid }) }
      .sorted { ($0.owner, $0.run) < ($1.owner, $1.run) }
  }

  // MARK: Proofs

  private func findings(_ proc: borrowing ProcReader) -> [Int32: Finding] {
    var findings: [Int32: Finding] = [:]
    var changing: [ProcessStatus] = []
    var others: [ProcessStatus] = []
    for process in tree.processes where !spared.contains(process.pid) && !process.isZombie {
      if let record = leaders[process.pid] {
        findings[process.pid] = Finding(record.key, .record)
      } else if let record = sessions[process.session] {
        findings[process.pid] = Finding(record.key, .session)
      } else {
        others.append(process)
        let marking = marking(of: process)
        if case .changing = marking { changing.append(process) } else { findings[process.pid] = finding(process, marking, proc) }
      }
    }
    // In the middle of execve(2), which takes moments, unless somebody arranges otherwise.
    for _ in 0..<20 where !changing.isEmpty {
      usleep(5000)
      changing.removeAll { process in
        let marking = marking(of: process)
        if case .changing = marking { return false }
        findings[process.pid] = finding(process, marking, proc)
        return true
      }
    }
    for process in changing { findings[process.pid] = finding(process, .unknown, proc) }
    for process in others where findings[process.pid] == nil { findings[process.pid] = inherited(by: process, findings) }
    return findings
  }

  private func marking(of process: ProcessStatus) -> ProcReader.Marking { (try? reader.marking(of: process)) ?? .unknown }

  /// The run that cgroup and mark prove.
  private func finding(_ process: ProcessStatus, _ marking: ProcReader.Marking, _ proc: borrowing ProcReader) -> Finding? {
    if let (owner, run) = groupOwners[process.pid] {
      switch marking {
      // The cgroup proves the owner, whatever the mark says.
      case .marked(.proved(let key)) where key.owner == owner: return Finding(key, .group)
      case .marked(.unproved(let key)) where key.owner == owner && records[key] != nil: return Finding(key, .group)
      case .marked, .unmarked, .changing, .unknown: return Finding(owner, run, .group)
      }
    }
    switch marking {
    case .marked(.proved(let key)): return Finding(key, .environment)
    case .marked(.unproved(let key)) where isOld(process, of: key, proc): return Finding(key, .session)
    case .marked, .unmarked, .changing, .unknown: return nil
    }
  }

  /// Whether a process with a mark of version 0.1.0 is left of a recorded run whose leader is gone. Another user could bring about the
  /// number of the session, though hardly.
  private func isOld(_ process: ProcessStatus, of key: RunKey, _ proc: borrowing ProcReader) -> Bool {
    guard let record = former[process.session], record.key == key, process.startTime >= record.startTime else { return false }
    return proc.realUser(of: process.pid).map { $0 == 0 || $0 == geteuid() } ?? false
  }

  /// The run of the nearest ancestor that has one.
  private func inherited(by process: ProcessStatus, _ findings: [Int32: Finding]) -> Finding? {
    var child = process
    // The picture was taken over time: a parent that began later is another process, and there may be circles.
    for _ in tree.processes {
      guard let parent = tree[child.parent], parent.startTime <= child.startTime, !spared.contains(parent.pid) else { break }
      if let found = findings[parent.pid] { return Finding(found.owner, found.run, .descent) }
      child = parent
    }
    return nil
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
