// The watcher's part that tells ends: of leaders, and of what stands in their stead.

import CLinux
import Glibc
import Orchestration
import Synchronization

extension Watcher {
  mutating func leaderEnded(_ key: RunKey, _ pidfd: Int32) {
    var exit = clinux_exit()
    let answer = clinux_wait_pidfd(pidfd, 0, &exit)
    guard answer != 0 else { return }
    // What it said of itself comes before its end: it is there by now, and it may have named another process in its stead.
    hear(key, bound: 1024)
    hearReadiness(key)
    guard let leader = core.registry.withLock({ $0.leader(of: key) })?.leader else { return }
    unwatch(pidfd)
    let counts = core.registry.withLock { $0.leaderEnded(key, isKept: answer > 0) }
    if counts {
      let end = answer > 0 ? Exit(exit) : strangersEnd(leader)
      tellExit(of: key, told(end, of: leader.identity, key), ResourceUsage(exit))
    }
    if core.registry.withLock({ $0.isOver(key) }) { pending.insert(key) }
  }

  mutating func mainEnded(_ key: RunKey, _ pidfd: Int32) {
    var exit = clinux_exit()
    // Our child if it is an orphan that came to us; nobody else counts on its entry.
    let answer = clinux_wait_pidfd(pidfd, 1, &exit)
    guard answer != 0 else { return }
    hear(key, bound: 1024)
    // It may have named yet another.
    guard let main = core.registry.withLock({ $0.runs[key]?.main }), main.pidfd == pidfd else { return }
    unwatch(pidfd)
    closing.append(pidfd)
    core.registry.withLock { $0.mainEnded(key) }
    let end = answer > 0 ? Exit(exit) : strangersEnd(main)
    tellExit(of: key, told(end, of: main.identity, key), ResourceUsage(exit))
    if core.registry.withLock({ $0.isOver(key) }) { pending.insert(key) }
  }

  mutating func tellExit(of key: RunKey, _ exit: Exit, _ usage: ResourceUsage) {
    news.append(.exited(key, exit, usage))
  }

  /// How a process ended that is not our child: the kernel tells when its parent has waited for it, and before that it is a zombie.
  private func strangersEnd(_ process: RunRegistry.Leader) -> Exit {
    var exit = clinux_exit()
    if clinux_pidfd_exit(process.pidfd, &exit) > 0 { return Exit(exit) }
    if let status = proc.exitStatus(of: process.identity) {
      clinux_decode_status(status, &exit)
      return Exit(exit)
    }
    // Waited for in between.
    return clinux_pidfd_exit(process.pidfd, &exit) > 0 ? Exit(exit) : .unknown
  }

  /// The end, with what the kernel meant by it: it kills with SIGKILL when memory has run out.
  private mutating func told(_ exit: Exit, of process: ProcessIdentity, _ key: RunKey) -> Exit {
    guard case .signal(SIGKILL, _) = exit, let run = core.registry.withLock({ $0.runs[key] }), !run.isMainKilled else { return exit }
    return outOfMemory.ended(process, group: run.origin.group, before: run.origin.oomKills) ? .outOfMemory : exit
  }
}

extension Exit {
  /// The kernel's words for it.
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
