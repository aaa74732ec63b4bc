// Watcher, as a subreaper: orphaned descendants become our children.

import CLinux
import Glibc
import Linux
import Synchronization

extension Watcher {
  /// Reaps children that are not leaders, and finds the runs of the living ones. False if that is not
  /// possible now.
  mutating func reapChildren() -> Bool {
    // In most cases a leader ended, which is reaped already: to list all children takes three calls for each
    // of our threads.
    if pending.isEmpty, clinux_has_ended_child() == 0 {
      haveChildrenEnded = false
      return true
    }
    // While the child of a spawn is not known, an unknown child may be that. The spawner wakes us when it is
    // done.
    guard let changes = core.registry.withLock({ $0.queue.pids == nil ? nil : $0.queue.changes }) else { return false }
    // Not under the lock, for which the supervisor would have to wait. Leaders are reaped on this thread
    // alone, so a listed child that no run and no spawn has is no leader.
    let listed: [Int32]
    do {
      listed = try children.pids(proc)
    } catch {
      lookAgain(error)
      return false
    }
    let living: Set<Int32>? = core.registry.withLock { registry in
      guard let spawned = registry.queue.pids else { return nil }
      return Set(listed.filter { registry.leaders[$0] == nil && !spawned.contains($0) && clinux_reap($0) == 0 })
    }
    guard let living else { return false }
    for pid in listed where !living.contains(pid) { orphans[pid] = nil }
    // A spawn that failed meanwhile has waited for its child: the list may lack others. Its spawner has woken
    // us for another look.
    guard core.registry.withLock({ $0.queue.changes }) == changes else { return false }
    haveChildrenEnded = false
    orphans = orphans.filter { living.contains($0.key) }
    for pid in living where orphans[pid] == nil {
      do {
        orphans[pid] = .some(try owner(ofOrphan: pid))
      } catch {
        lookAgain(error)
        return false
      }
    }
    return true
  }

  private mutating func owner(ofOrphan pid: Int32) throws(SystemError) -> RunKey? {
    guard let status = proc.status(of: pid) else { return nil }
    if let key = core.registry.withLock({ $0.leaders[status.session] }) { return key }
    return try sweep.run(markedIn: status)
  }

  func hasOrphans(_ key: RunKey) -> Bool {
    orphans.values.contains { $0 == key }
  }
}
