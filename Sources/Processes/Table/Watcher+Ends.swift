// Watcher: reports exits of leaders, and of the main process where MAINPID replaced the leader.

import CLinux
import Glibc
import Orchestration
import Synchronization

extension Watcher {
  mutating func leaderEnded(_ key: RunKey, _ pidfd: Int32) {
    var exit = clinux_exit()
    let answer = clinux_wait_pidfd(pidfd, 0, &exit)
    guard answer != 0 else { return }
    // Its notifications come before its exit: they have arrived by now, and may have named another main
    // process.
    receive(key, bound: 1024)
    receiveReadiness(key)
    guard let leader = core.registry.withLock({ $0.leader(of: key) })?.leader else { return }
    unwatch(pidfd)
    let end = answer > 0 ? Exit(exit) : foreignExit(leader)
    let isFork = isFork(key, end)
    let counts = core.registry.withLock { $0.leaderEnded(key, isKept: answer > 0, isFork: isFork) }
    if counts, isFork {
      awaitMain(of: key, end, ResourceUsage(exit))
    } else if counts {
      reportExit(of: key, explained(end, of: leader.identity, key), ResourceUsage(exit))
    }
    if core.registry.withLock({ $0.isOver(key) }) { pending.insert(key) }
  }

  mutating func mainEnded(_ key: RunKey, _ pidfd: Int32) {
    var exit = clinux_exit()
    // Our child if it is an orphan that came to us; no other code needs its entry.
    let answer = clinux_wait_pidfd(pidfd, 1, &exit)
    guard answer != 0 else { return }
    receive(key, bound: 1024)
    // A notification may have named yet another.
    guard let main = core.registry.withLock({ $0.runs[key]?.main }), main.pidfd == pidfd else { return }
    unwatch(pidfd)
    closing.append(pidfd)
    core.registry.withLock { $0.mainEnded(key) }
    let end = answer > 0 ? Exit(exit) : foreignExit(main)
    reportExit(of: key, explained(end, of: main.identity, key), ResourceUsage(exit))
    if core.registry.withLock({ $0.isOver(key) }) { pending.insert(key) }
  }

  mutating func reportExit(of key: RunKey, _ exit: Exit, _ usage: ResourceUsage) {
    news.append(.exited(key, exit, usage))
  }

  /// The exit of a process that is not our child: the kernel reports it after its parent has waited for it;
  /// before that it is a zombie.
  private func foreignExit(_ process: RunRegistry.Leader) -> Exit {
    var exit = clinux_exit()
    if clinux_pidfd_exit(process.pidfd, &exit) > 0 { return Exit(exit) }
    if let status = proc.exitStatus(of: process.identity) {
      clinux_decode_status(status, &exit)
      return Exit(exit)
    }
    // Its parent has waited for it meanwhile.
    return clinux_pidfd_exit(process.pidfd, &exit) > 0 ? Exit(exit) : .unknown
  }

  /// The exit, with the reason of a SIGKILL from the kernel: memory had run out.
  private mutating func explained(_ exit: Exit, of process: ProcessIdentity, _ key: RunKey) -> Exit {
    guard case .signal(SIGKILL, _) = exit, let run = core.registry.withLock({ $0.runs[key] }), !run.isMainKilled else { return exit }
    return outOfMemory.ended(process, group: run.origin.group, before: run.origin.oomKills) ? .outOfMemory : exit
  }
}

extension Exit {
  /// The exit in the kernel's terms.
  init(_ exit: clinux_exit) {
    self =
      switch exit.code {
      case Int32(CLD_EXITED): .code(exit.status)
      case Int32(CLD_KILLED): .signal(exit.status, coreDumped: false)
      case Int32(CLD_DUMPED): .signal(exit.status, coreDumped: true)
      default: .unknown
      }
  }
}
