// Processes that are left when all runs are over and belong to none: they gave up their session and their
// environment.

import CLinux
import Glibc
import Synchronization

/// A child of this process whose run is unknown.
package struct Stray: Sendable, Equatable {
  /// Its process.
  package let pid: Int32
  /// The name of its program, at most 15 bytes.
  package let name: String
}

extension ProcessTable {
  /// Kills the children of this process without a mark of a run, and their descendants. For the end, when all
  /// runs are over: every process that is still our child then was started by one of them.
  ///
  /// Does nothing in a process that is no subreaper, where a child may be the program's own, nor in process
  /// 1, which also gets the orphans of strangers. Blocks for a second at most.
  package func endStrays() -> [Stray] {
    guard clinux_child_events() >= 0, getpid() != 1 else { return [] }
    var found: [Stray] = []
    let deadline = SuspendingClock.now + .seconds(1)
    do {
      let proc = try ProcReader()
      var children = try OwnChildren()
      while SuspendingClock.now < deadline {
        let killed = try kill(children.pids(proc), proc)
        guard !killed.isEmpty else { break }
        found += killed.map(\.stray)
        for (_, pidfd) in killed {
          var entry = pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)
          _ = poll(&entry, 1, 1000)
          close(pidfd)
        }
      }
    } catch {
      // Without a descriptor no child can be identified.
    }
    return found
  }

  private func kill(_ children: [Int32], _ proc: borrowing ProcReader) -> [(stray: Stray, pidfd: Int32)] {
    var killed: [(stray: Stray, pidfd: Int32)] = []
    for pid in children {
      guard let status = proc.status(of: pid), !status.isZombie, status.parent == getpid() else { continue }
      let name = proc.programName(of: pid)
      // Children are reaped under the lock, so the pid belongs to this one until it is signalled.
      let pidfd = core.registry.withLock { registry in
        guard registry.leaders[pid] == nil, proc.status(of: pid)?.startTime == status.startTime else { return Int32(-1) }
        let pidfd = clinux_pidfd_open(pid)
        if pidfd >= 0 { _ = clinux_pidfd_signal(pidfd, SIGKILL) }
        return pidfd
      }
      if pidfd >= 0 { killed.append((Stray(pid: pid, name: name), pidfd)) }
    }
    return killed
  }
}
