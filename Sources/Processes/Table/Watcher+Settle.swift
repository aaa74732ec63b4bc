// Watcher: signals processes that left the group of their run, and finds out whether anything of a run is
// left.

import CLinux
import Glibc
import Linux
import Synchronization

extension Watcher {
  /// Handles the exits and signals of this round, with at most one walk of /proc for all of them.
  mutating func settle() {
    signals += core.registry.withLock { $0.takeSweeps() }
    killGroups()
    // A process that vanishes between the walk and its watch needs another walk; each such walk follows an
    // exit, so the loop ends.
    repeat {
      let origins = core.registry.withLock { registry in pending.map { ($0, registry.runs[$0]?.origin ?? RunRegistry.Origin()) } }
      for case (let key, let origin) in origins {
        if let group = origin.group { settle(key, in: group) }
      }
      let areOrphansKnown = isSubreaper && (haveChildrenEnded || !pending.isEmpty) && reapChildren()
      for case (let key, let origin) in origins where areOrphansKnown && pending.contains(key) && !origin.isAdopted && !hasOrphans(key) {
        finish(key)
      }
      let asked = pending.union(signals.map(\.key))
      guard !asked.isEmpty else { return }
      guard let found = look(for: asked) else { return }
      for request in signals { deliver(request, to: found[request.key, default: []]) }
      signals.removeAll()
      let looked = pending
      pending.removeAll()
      for key in looked {
        if let left = found[key] { follow(left, of: key) } else { finish(key) }
      }
    } while !pending.isEmpty
  }

  // MARK: Cgroups

  /// Kills all processes in a cgroup at once. Processes of the run outside of it are found with the others.
  private func killGroups() {
    for request in signals where request.signals == [SIGKILL] {
      core.registry.withLock { $0.runs[request.key]?.origin.group }?.kill()
    }
  }

  /// Finds out from its cgroup whether anything of a run is left. Afterwards it is not pending: the cgroup
  /// reports changes.
  private mutating func settle(_ key: RunKey, in group: ControlGroup) {
    let isPopulated: Bool
    do {
      isPopulated = try self.isPopulated(key, group)
    } catch {
      lookAgain(error)
      pending.remove(key)
      // Asked again with the runs that are followed.
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
    // The cgroup decides, independent of the members that were found.
    pending.remove(key)
  }

  /// Whether the cgroup has processes; throws if it cannot be read now. A cgroup that was removed from outside
  /// has none.
  private mutating func isPopulated(_ key: RunKey, _ group: ControlGroup) throws(SystemError) -> Bool {
    if let events = groupEvents[key] { return try Self.saysPopulated(events) }
    let events = Glibc.open("\(group.path)/cgroup.events", O_RDONLY | O_CLOEXEC)
    guard events >= 0 else {
      let error = SystemError.last
      if error.errno == ENOENT { return false }
      throw error
    }
    do throws(SystemError) {
      // In most cases nothing is left, and no watch is needed.
      guard try Self.saysPopulated(events) else {
        close(events)
        return false
      }
      try poller.addNotified(events)
    } catch {
      close(events)
      throw error
    }
    groupEvents[key] = events
    watches[events] = .group(key)
    // Read once more: later changes are reported.
    return try Self.saysPopulated(events)
  }

  private static func saysPopulated(_ events: Int32) throws(SystemError) -> Bool {
    try withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { text throws(SystemError) in
      let count = uninterrupted { pread(events, text.baseAddress, text.count, 0) }
      guard count >= 0 else {
        let error = SystemError.last
        if error.errno == ENODEV { return false }
        throw error
      }
      return ControlGroup.saysPopulated(UnsafeRawBufferPointer(rebasing: text[0..<count]))
    }
  }

  // MARK: Members

  /// The live processes of these runs; nil if they cannot be read now. Then all work for these runs is left
  /// for the next round.
  private mutating func look(for keys: Set<RunKey>) -> [RunKey: [ProcessStatus]]? {
    let search = core.registry.withLock { $0.search(for: keys) }
    do {
      let found = try sweep.members(of: search, in: proc)
      core.registry.withLock { registry in
        for key in search.starts.keys { registry.found(found[key, default: []].map(\.pid), of: key) }
      }
      return found
    } catch {
      lookAgain(error)
      return nil
    }
  }

  /// Ends a run of which nothing is left.
  private mutating func finish(_ key: RunKey) {
    // Its end comes first, also where the cgroup was quicker to tell.
    if let main = core.registry.withLock({ $0.runs[key]?.main }) { mainEnded(key, main.pidfd) }
    pending.remove(key)
    unfollow(key)
    receive(key, bound: 1024)
    stopListening(to: key)
    endFork(key)
    let (group, closed) = core.registry.withLock { ($0.runs[key]?.origin.group, $0.remove(key)) }
    guard let closed else { return }
    group?.discard()
    closing += closed
    news.append(.emptied(key))
  }

  /// Stops to watch what is left of a run.
  mutating func unfollow(_ key: RunKey) {
    for pidfd in (members.removeValue(forKey: key) ?? [:]).values {
      unwatch(pidfd)
      closing.append(pidfd)
    }
    if let events = groupEvents.removeValue(forKey: key) {
      unwatch(events)
      closing.append(events)
    }
  }

  /// Watches the remaining processes of a run whose leader ended, and kills them if the run is to be killed.
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
          lookAgain(error)
          closing.append(pidfd)
        }
      }
      if isKilled, let pidfd { _ = clinux_pidfd_signal(pidfd, SIGKILL) }
    }
    if members[key, default: [:]].isEmpty {
      if mustLookAgain { members[key] = [:] } else { pending.insert(key) }
    }
  }

  /// Signals the members outside of the leader's group; the group itself was signalled with the request.
  private mutating func deliver(_ request: RunRegistry.SignalRequest, to found: [ProcessStatus]) {
    let leader = core.registry.withLock { $0.leader(of: request.key) }
    for process in found {
      if request.hasReachedGroup, let leader, process.group == leader.leader.identity.pid, leader.isKept || leader.isAlive { continue }
      guard let pidfd = open(process) else { continue }
      for number in request.signals { _ = clinux_pidfd_signal(pidfd, number) }
      closing.append(pidfd)
    }
  }

  /// A pidfd of exactly this process; nil if it is gone.
  private mutating func open(_ process: ProcessStatus) -> Int32? {
    let pidfd = clinux_pidfd_open(process.pid)
    guard pidfd >= 0 else {
      let error = SystemError.last
      if error.errno != ESRCH, error.errno != EINVAL { lookAgain(error) }
      return nil
    }
    // The pid may have been reused since the walk; a process with this pid and the same start time is the one
    // that was found.
    guard let now = proc.status(of: process.pid), now.startTime == process.startTime, !now.isZombie else {
      closing.append(pidfd)
      return nil
    }
    return pidfd
  }
}
