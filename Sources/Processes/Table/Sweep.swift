// Finds what belongs to runs, in one walk of /proc for all that are asked for.

import Glibc

/// Finds the members of runs.
struct Sweep {
  /// A run whose members are sought.
  struct Suspect {
    var identity: ProcessIdentity
    /// Whether its leader still has its entry, so that a session of that number is this run's and nobody else's.
    var isKept: Bool
  }

  let mark: String
  /// As a subreaper everything of ours descends from us: nothing else needs to be looked at.
  let isSubreaper: Bool

  /// What lives of each run; runs of which nothing does are left out.
  func members(of suspects: [RunKey: Suspect], in proc: borrowing ProcReader) -> [RunKey: [ProcessStatus]] {
    guard !suspects.isEmpty else { return [:] }
    let tree = ProcessTree(proc.processes())
    var owners = Owners(sessions: [:], earliest: .max)
    for (key, suspect) in suspects {
      if suspect.isKept { owners.sessions[suspect.identity.pid] = key }
      owners.earliest = min(owners.earliest, suspect.identity.startTime)
    }
    var found: [RunKey: [ProcessStatus]] = [:]
    for process in tree.processes {
      guard let key = owner(of: process, tree, &owners, proc), suspects[key] != nil, !process.isZombie else { continue }
      found[key, default: []].append(process)
    }
    return found
  }

  private struct Owners {
    var sessions: [Int32: RunKey]
    /// Nothing of theirs began earlier.
    var earliest: UInt64
    var known: [Int32: RunKey?] = [:]
    var ours: [Int32: Bool] = [:]
  }

  /// The run of a process: that of its session, else of its parent, else the one its environment names.
  private func owner(of process: ProcessStatus, _ tree: ProcessTree, _ owners: inout Owners, _ proc: borrowing ProcReader) -> RunKey? {
    if let known = owners.known[process.pid] { return known }
    owners.known[process.pid] = .some(nil)  // breaks a circle, should pids be used anew while we look
    var key = owners.sessions[process.session]
    let parent = process.parent
    if key == nil, parent > 1, parent != getpid(), process.pid != getpid(), let parent = tree[parent] {
      key = owner(of: parent, tree, &owners, proc)
    }
    if key == nil, mayBearMark(process, tree, &owners) {
      key = proc.run(of: process.pid, mark: mark)
    }
    owners.known[process.pid] = .some(key)
    return key
  }

  private func mayBearMark(_ process: ProcessStatus, _ tree: ProcessTree, _ owners: inout Owners) -> Bool {
    guard process.startTime >= owners.earliest, process.pid != getpid(), !process.isZombie else { return false }
    return !isSubreaper || descendsFromUs(process, tree, &owners)
  }

  private func descendsFromUs(_ process: ProcessStatus, _ tree: ProcessTree, _ owners: inout Owners) -> Bool {
    if process.parent == getpid() { return true }
    if let known = owners.ours[process.pid] { return known }
    owners.ours[process.pid] = false
    let answer = tree[process.parent].map { descendsFromUs($0, tree, &owners) } ?? false
    owners.ours[process.pid] = answer
    return answer
  }
}
