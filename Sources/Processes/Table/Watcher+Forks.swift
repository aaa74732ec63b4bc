// Watcher: runs whose first process has ended and whose main process the pid file will name.

import CLinux
import Glibc
import Linux
import Orchestration
import Synchronization

/// The end of a first process that went into the background.
struct Fork {
  var exit: Exit
  var usage: ResourceUsage
  /// The last fault of the pid file that was told.
  var told: PIDFileFault?
}

extension Watcher {
  /// How often pid files are looked at, in milliseconds.
  static let forkPause = 50

  /// Whether the end of the first process is that of a program that goes into the background, and no end of the run.
  func isFork(_ key: RunKey, _ exit: Exit) -> Bool {
    // How a process ended that an earlier Stoker had started may not be known.
    guard exit == .code(0) || exit == .unknown, channels[key]?.pidFile != nil else { return false }
    return core.registry.withLock { $0.runs[key].map { $0.main == nil && !$0.isKilled } ?? false }
  }

  /// Waits for the main process of a run whose first process has ended.
  mutating func awaitMain(of key: RunKey, _ exit: Exit, _ usage: ResourceUsage) {
    forks[key] = Fork(exit: exit, usage: usage)
    findMain(of: key)
  }

  /// Looks at the pid files that are waited for.
  mutating func findMains() {
    for key in forks.keys { findMain(of: key) }
  }

  private mutating func findMain(of key: RunKey) {
    guard let file = channels[key]?.pidFile, let fork = forks[key] else { return }
    let fault: PIDFileFault
    do throws(PIDFileFault) {
      try makeMain(try file.pid(), of: key)
      forks[key] = nil
      // It is a run like any other now.
      pending.remove(key)
      unfollow(key)
      news.append(.notified(key, .ready))
      return
    } catch {
      fault = error
    }
    guard fork.told != fault else { return }
    forks[key]?.told = fault
    news.append(.unnamed(key, fault))
  }

  /// Reports the end of the first process, as nothing of the run is left that could be its main process.
  mutating func endFork(_ key: RunKey) {
    guard let fork = forks.removeValue(forKey: key) else { return }
    core.registry.withLock { $0.mainEnded(key) }
    reportExit(of: key, fork.exit, fork.usage)
  }
}
