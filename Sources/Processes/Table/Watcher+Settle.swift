// The watcher's second half: signals to what left its group, orphans, and whether anything of a run is left.

import CLinux
import Glibc
import Synchronization

extension Watcher {
  /// Does what the ends and orders of this round ask for, with at most one walk of /proc for all of them.
  mutating func settle() {
    let sweeps = core.registry.withLock { $0.takeSweeps() }
    // What vanishes between being found and being watched has to be looked for again; each time something has ended, so this ends.
    var orders = sweeps
    repeat {
      let areOrphansKnown = isSubreaper && (haveChildrenEnded || !pending.isEmpty) && tendChildren()
      if areOrphansKnown {
        for key in pending where !hasOrphans(key) { finish(key) }
      }
      let asked = pending.union(orders.map(\.key))
      guard !asked.isEmpty else { return }
      let found = sweep(asked)
      for (key, signal) in orders { deliver(signal, to: found[key, default: []], of: key) }
      orders.removeAll()
      let looked = pending
      pending.removeAll()
      for key in looked {
        if let left = found[key] { follow(left, of: key) } else { finish(key) }
      }
    } while !pending.isEmpty
  }

  private func sweep(_ keys: Set<RunKey>) -> [RunKey: [ProcessStatus]] {
    let suspects = core.registry.withLock { registry in
      var suspects: [RunKey: Sweep.Suspect] = [:]
      for key in keys {
        guard let found = registry.leader(of: key) else { continue }
        suspects[key] = Sweep.Suspect(identity: found.leader.identity, isKept: found.isKept)
      }
      return suspects
    }
    return Sweep(mark: core.mark, isSubreaper: isSubreaper).members(of: suspects, in: proc)
  }

  /// Nothing is left of it.
  private mutating func finish(_ key: RunKey) {
    pending.remove(key)
    members[key] = nil
    guard let pidfd = core.registry.withLock({ $0.remove(key) }) else { return }
    closing.append(pidfd)
    news.append(.emptied(key))
  }

  /// Watches what is left of a run whose leader ended, and kills it if the run is to be killed.
  private mutating func follow(_ left: [ProcessStatus], of key: RunKey) {
    let isKilled = core.registry.withLock { $0.runs[key]?.isKilled ?? false }
    for process in left {
      var pidfd = members[key]?[process.pid]
      if pidfd == nil {
        pidfd = open(process)
        guard let pidfd else { continue }
        do {
          try poller.add(pidfd)
          watches[pidfd] = .member(key, pid: process.pid)
          members[key, default: [:]][process.pid] = pidfd
        } catch {
          mustLookAgain = true
          closing.append(pidfd)
        }
      }
      if isKilled, let pidfd { _ = clinux_pidfd_signal(pidfd, SIGKILL) }
    }
    if members[key, default: [:]].isEmpty {
      if mustLookAgain { members[key] = [:] } else { pending.insert(key) }
    }
  }

  /// Signals the members outside the leader's group; the group itself was signalled when the order came.
  private mutating func deliver(_ signal: Int32, to found: [ProcessStatus], of key: RunKey) {
    guard let (leader, _, isKept) = core.registry.withLock({ $0.leader(of: key) }) else { return }
    for process in found where process.group != leader.identity.pid || !isKept {
      guard let pidfd = open(process) else { continue }
      for number in RunRegistry.withContinue(signal) { _ = clinux_pidfd_signal(pidfd, number) }
      closing.append(pidfd)
    }
  }

  /// A descriptor for exactly this process; nil if it is gone.
  private mutating func open(_ process: ProcessStatus) -> Int32? {
    let pidfd = clinux_pidfd_open(process.pid)
    guard pidfd >= 0 else {
      if errno != ESRCH, errno != EINVAL { mustLookAgain = true }
      return nil
    }
    // The pid may have been used anew since the walk; what has it now, and began at the same time, is what we saw.
    guard let now = proc.status(of: process.pid), now.startTime == process.startTime, !now.isZombie else {
      closing.append(pidfd)
      return nil
    }
    return pidfd
  }

  // MARK: Orphans

  /// Reaps children that are nobody's leaders and learns to whom the living belong. False if that cannot be told now.
  private mutating func tendChildren() -> Bool {
    // While a spawn is under way, a child that nobody knows may be its. The spawner wakes us when it is done.
    let strangers: [Int32]? = core.registry.withLock { registry in
      guard registry.spawnsInFlight == 0 else { return nil }
      let strangers = children.pids(proc).filter { registry.leaders[$0] == nil }
      return strangers.filter { clinux_reap($0) == 0 }
    }
    guard let strangers else { return false }
    haveChildrenEnded = false
    let known = orphans
    orphans.removeAll(keepingCapacity: true)
    for pid in strangers {
      if let owner = known[pid] {
        orphans[pid] = .some(owner)
      } else {
        orphans[pid] = .some(owner(ofOrphan: pid))
      }
    }
    return true
  }

  private func owner(ofOrphan pid: Int32) -> RunKey? {
    guard let status = proc.status(of: pid) else { return nil }
    return core.registry.withLock { $0.leaders[status.session] } ?? proc.run(of: pid, mark: core.mark)
  }

  private func hasOrphans(_ key: RunKey) -> Bool {
    orphans.values.contains { $0 == key }
  }
}
