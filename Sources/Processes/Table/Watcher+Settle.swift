// The watcher's part that gives signals to what left its group, and learns whether anything of a run is left.

import CLinux
import Glibc
import Linux
import Synchronization

extension Watcher {
  /// Does what the ends and orders of this round ask for, with at most one walk of /proc for all of them.
  mutating func settle() {
    orders += core.registry.withLock { $0.takeSweeps() }
    killGroups()
    // What vanishes between being found and being watched has to be looked for again; each time something has ended, so this ends.
    repeat {
      let origins = core.registry.withLock { registry in pending.map { ($0, registry.runs[$0]?.origin ?? RunRegistry.Origin()) } }
      for case (let key, let origin) in origins {
        if let group = origin.group { settle(key, in: group) }
      }
      let areOrphansKnown = isSubreaper && (haveChildrenEnded || !pending.isEmpty) && tendChildren()
      for case (let key, let origin) in origins where areOrphansKnown && pending.contains(key) && !origin.isAdopted && !hasOrphans(key) {
        finish(key)
      }
      let asked = pending.union(orders.map(\.key))
      guard !asked.isEmpty else { return }
      guard let found = look(for: asked) else { return }
      for order in orders { deliver(order, to: found[order.key, default: []]) }
      orders.removeAll()
      let looked = pending
      pending.removeAll()
      for key in looked {
        if let left = found[key] { follow(left, of: key) } else { finish(key) }
      }
    } while !pending.isEmpty
  }

  // MARK: Cgroups

  /// What is in a cgroup is killed all at once. What is of the run besides is found with the others.
  private func killGroups() {
    for order in orders where order.signal == SIGKILL {
      core.registry.withLock { $0.runs[order.key]?.origin.group }?.kill()
    }
  }

  /// Learns from its cgroup whether anything of a run is left. It is not pending afterwards: the cgroup tells when that changes.
  private mutating func settle(_ key: RunKey, in group: ControlGroup) {
    guard let isPopulated = isPopulated(key, group) else {
      mustLookAgain = true
      pending.remove(key)
      // Asked again with those that are followed.
      if members[key] == nil { members[key] = [:] }
      return
    }
    guard isPopulated else {
      finish(key)
      return
    }
    pending.remove(key)
    let (leaders, isKilled) = core.registry.withLock { ($0.leaders, $0.runs[key]?.isKilled ?? false) }
    if isKilled { group.kill() }
    let left = sweep.members(in: group, of: key, leaders: leaders, proc)
    core.registry.withLock { $0.found(left.map(\.pid), of: key) }
    follow(left, of: key)
    // Here the cgroup decides, whatever was found.
    pending.remove(key)
  }

  /// What the cgroup says; nil if it cannot be asked now. One that was removed from outside has nothing in it.
  private mutating func isPopulated(_ key: RunKey, _ group: ControlGroup) -> Bool? {
    if let events = groupEvents[key] { return Self.saysPopulated(events) }
    let events = Glibc.open("\(group.path)/cgroup.events", O_RDONLY | O_CLOEXEC)
    guard events >= 0 else { return errno == ENOENT ? false : nil }
    // Mostly nothing is left, and then there is nothing to be watched.
    guard Self.saysPopulated(events) != false else {
      close(events)
      return false
    }
    do {
      try poller.addNotified(events)
    } catch {
      close(events)
      return nil
    }
    groupEvents[key] = events
    watches[events] = .group(key)
    // Once more: what changes after this is told.
    return Self.saysPopulated(events)
  }

  private static func saysPopulated(_ events: Int32) -> Bool? {
    withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { text in
      let count = uninterrupted { pread(events, text.baseAddress, text.count, 0) }
      guard count >= 0 else { return errno == ENODEV ? false : nil }
      return ControlGroup.saysPopulated(UnsafeRawBufferPointer(rebasing: text[0..<count]))
    }
  }

  // MARK: Members

  /// What lives of these runs; nil if that cannot be told now. Then all that was to be done with it is left for the next round.
  private mutating func look(for keys: Set<RunKey>) -> [RunKey: [ProcessStatus]]? {
    let search = core.registry.withLock { $0.search(for: keys) }
    do {
      let found = try sweep.members(of: search, in: proc)
      core.registry.withLock { registry in
        for key in search.starts.keys { registry.found(found[key, default: []].map(\.pid), of: key) }
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
    if let events = groupEvents.removeValue(forKey: key) {
      unwatch(events)
      closing.append(events)
    }
    hear(key, bound: 1024)
    stopListening(to: key)
    guard let closed = core.registry.withLock({ $0.remove(key) }) else { return }
    closing += closed
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
  private mutating func deliver(_ order: RunRegistry.Order, to found: [ProcessStatus]) {
    let leader = core.registry.withLock { $0.leader(of: order.key) }
    for process in found {
      if order.hasReachedGroup, let leader, process.group == leader.leader.identity.pid, leader.isKept || leader.isAlive { continue }
      guard let pidfd = open(process) else { continue }
      for number in RunRegistry.withContinue(order.signal) { _ = clinux_pidfd_signal(pidfd, number) }
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
}
