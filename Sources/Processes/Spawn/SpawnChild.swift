// The child of a spawn that is under way, as other threads see it.

import CLinux
import Glibc

/// The child of a spawner, from its first step until the spawner has registered or forgotten it.
///
/// The thread of the spawner waits until the child has executed its program, and the owner of the program can
/// delay that. Others can use the child under the lock of the registry, as long as that has it.
struct SpawnChild: @unchecked Sendable {
  /// Written by the child itself, on the memory it shares with us.
  let result: UnsafeMutablePointer<clinux_spawn_result>

  init() {
    result = .allocate(capacity: 1)
    result.initialize(to: clinux_no_result)
  }

  /// Nil before its first step.
  var pid: Int32? {
    let pid = clinux_spawn_pid(result)
    return pid > 0 ? pid : nil
  }

  /// Kills it. Returns whether it is there.
  func kill() -> Bool {
    let pidfd = clinux_spawn_pidfd(result)
    return pidfd >= 0 && clinux_pidfd_signal(pidfd, SIGKILL) == 0
  }

  /// Forgets it; the registry does not have it any more.
  /// - Parameter isStarted: Whether its descriptor has a new owner.
  func forget(isStarted: Bool) {
    if !isStarted, result.pointee.pidfd >= 0 { close(result.pointee.pidfd) }
    result.pointee = clinux_no_result
  }
}
