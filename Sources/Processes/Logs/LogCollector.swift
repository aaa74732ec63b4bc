// Moves the output of services into their files, on a thread of its own: a disk that hangs must not hide an exit.

import Glibc
import Synchronization

/// Collects the output of services.
public final class LogCollector: Sendable {
  private let core: CollectorCore
  /// The thread that moves, until it is told to end.
  private let mover = Mutex<NativeThread?>(nil)

  /// Starts the collector's threads: one that moves, one that packs files that were put aside.
  public init() throws(SystemError) {
    core = try CollectorCore()
    let core = core
    let mover = Mutex<LogMover?>(try LogMover(core))
    // Detached: at the end one that hangs is left alone, so their ends are told by themselves, and not by `join`.
    let moving = try NativeThread("stoker-logs", isDetached: true) {
      if var mover = mover.withLock({ $0.take() }) { mover.run() }
      core.moved.tell()
    }
    do {
      _ = try NativeThread("stoker-pack", isDetached: true) {
        core.packUntilStopped()
        core.packed.tell()
      }
    } catch {
      core.close()
      throw error
    }
    self.mover.withLock { $0 = moving }
  }

  deinit { shutdown() }

  /// Makes the log of a service. Creates the folder of its file where it is missing (mode 0700),
  /// the file (0600) when there is something to write.
  ///
  /// A path must not be given to two logs.
  public func open(_ policy: LogPolicy, owner: UInt32) throws(LogError) -> ServiceLog {
    guard !core.isClosed else { throw .closed }
    if let path = policy.path, let parent = Directories.parent(of: path) {
      do {
        try Directories.make(parent)
      } catch {
        throw .directory(path: parent, error)
      }
    }
    return ServiceLog(policy, owner: owner, core: core)
  }

  /// Moves what can be read at once, then lets go of all pipes, packs what is to be packed and ends the threads.
  /// Whoever writes on gets SIGPIPE.
  ///
  /// Waits no longer than `time` in all, so that a disk that hangs holds nobody up. After that nothing more is begun to be packed, and
  /// the threads are left alone: they end when the disk answers. Called again, it does not wait.
  public func shutdown(within time: Duration = .seconds(2)) {
    let deadline = SuspendingClock.now + time
    let mover = mover.withLock { $0.take() }
    core.close()
    guard let mover else { return }
    // From a callback on the mover's own thread its end cannot be waited for.
    let hasMoved = !mover.isCurrent && core.moved.wait(until: deadline)
    // Its last ring: what comes after all that is queued lets the packer end.
    core.packerBell.ring()
    if !hasMoved || !core.packed.wait(until: deadline) { core.dropPacking() }
  }
}
