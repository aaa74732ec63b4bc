// What is left over when all runs are over, and belongs to none: it gave up its session and its environment.

import CLinux
import Glibc
import Synchronization

/// A child of this process of which cannot be told what run it came from.
package struct Stray: Sendable, Equatable {
  /// Its process.
  package let pid: Int32
  /// The name of its program, of at most 15 bytes.
  package let name: String
}

extension ProcessTable {
  /// Kills what became this process's child and bears no mark of a run, and what comes of that. For the end, when all runs are over:
  /// whatever is still our child then was started by one of them.
  ///
  /// Nothing in a process that is no subreaper, where it may be the program's own, nor in process 1, which gets the orphans of strangers
  /// too. Blocks for a second at most.
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
      // No descriptors: nothing can be said of anything.
    }
    return found
  }

  private func kill(_ children: [Int32], _ proc: borrowing ProcReader) -> [(stray: Stray, pidfd: Int32)] {
    var killed: [(stray: Stray, pidfd: Int32)] = []
    for pid in children {
      guard let status = proc.status(of: pid), !status.isZombie, status.parent == getpid() else { continue }
      let name = proc.programName(of: pid)
      // Children are reaped under the lock, so that the number is this one's until it is signalled.
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
