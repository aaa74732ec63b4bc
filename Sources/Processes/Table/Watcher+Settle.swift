// The watcher's second half: signals to what left its group, orphans, and whether anything of a run is left.

import CLinux
import Glibc
import Synchronization

extension Watcher {
  /// Does what the ends and orders of this round ask for, with at most one walk of /proc for all of them.
  mutating func settle() {
    orders += core.registry.withLock { $0.takeSweeps() }
    // What vanishes between being found and being watched has to be looked for again; each time something has ended, so this ends.
    repeat {
      let areOrphansKnown = isSubreaper && (haveChildrenEnded || !pending.isEmpty) && tendChildren()
      if areOrphansKnown {
        for key in pending where !hasOrphans(key) { finish(key) }
      }
      let asked = pending.union(orders.map(\.key))
      guard !asked.isEmpty else { return }
      guard let found = look(for: asked) else { return }
      for (key, signal) in orders { deliver(signal, to: found[key, default: []], of: key) }
      orders.removeAll()
      let looked = pending
      pending.removeAll()
      for key in looked {
        if let left = found[key] { follow(left, of: key) } else { finish(key) }
      }
    } while !pending.isEmpty
  }

  /// What lives of these runs; nil if that cannot be told now. Then all that was to be done with it is left for the next round.
  private mutating func look(for keys: Set<RunKey>) -> [RunKey: [ProcessStatus]]? {
    let (starts, leaders) = core.registry.withLock { registry in
      var starts: [RunKey: UInt64] = [:]
      for key in keys { starts[key] = registry.leader(of: key)?.leader.identity.startTime }
      return (starts, registry.leaders)
    }
    do {
      let found = try sweep.members(of: starts, leaders: leaders, in: proc)
      core.registry.withLock { registry in
        for key in starts.keys { registry.found(found[key, default: []].map(\.pid), of: key) }
      }
      return found
    } catch {
      mustLookAgain = true
      return nil
    }
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
    guard let begun = core.registry.withLock({ $0.spawnsInFlight == 0 ? $0.spawnsBegun : nil }) else { return false }
    // Not under the lock, for which the supervisor would have to wait. Leaders are reaped on this thread alone, so whatever is listed
    // and, with no spawn under way, has no entry then is no leader.
    let listed: [Int32]
    do {
      listed = try children.pids(proc)
    } catch {
      mustLookAgain = true
      return false
    }
    let living: Set<Int32>? = core.registry.withLock { registry in
      guard registry.spawnsInFlight == 0 else { return nil }
      return Set(listed.filter { registry.leaders[$0] == nil && clinux_reap($0) == 0 })
    }
    guard let living else { return false }
    for pid in listed where !living.contains(pid) { orphans[pid] = nil }
    // A spawn that failed meanwhile has waited for its child: the list may lack others. Its spawner has woken us for another look.
    guard core.registry.withLock({ $0.spawnsBegun }) == begun else { return false }
    haveChildrenEnded = false
    orphans = orphans.filter { living.contains($0.key) }
    for pid in living where orphans[pid] == nil {
      let owner = owner(ofOrphan: pid)
      orphans[pid] = .some(owner)
    }
    return true
  }

  private mutating func owner(ofOrphan pid: Int32) -> RunKey? {
    guard let status = proc.status(of: pid) else { return nil }
    return core.registry.withLock { $0.leaders[status.session] } ?? sweep.run(markedIn: status, proc)
  }

  private func hasOrphans(_ key: RunKey) -> Bool {
    orphans.values.contains { $0 == key }
  }
}
