// Moves the output of services into their files, on a thread of its own: a disk that hangs must not hide an exit.

import Glibc
import Synchronization

/// Collects the output of services.
public final class LogCollector: Sendable {
  private let core: CollectorCore
  private let threads = Mutex<(mover: NativeThread?, packer: NativeThread?)>((nil, nil))

  /// Starts the collector's threads: one that moves, one that packs files that were put aside.
  public init() throws(SystemError) {
    core = try CollectorCore()
    let core = core
    let mover = Mutex<LogMover?>(try LogMover(core))
    let moving = try NativeThread("stoker-logs") {
      guard var mover = mover.withLock({ $0.take() }) else { return }
      mover.run()
    }
    threads.withLock { $0.mover = moving }
    do {
      let packing = try NativeThread("stoker-pack") { core.packUntilStopped() }
      threads.withLock { $0.packer = packing }
    } catch {
      core.close()
      moving.join()
      throw error
    }
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

  /// Moves what can be read at once, then lets go of all pipes and ends the threads. Whoever writes on gets SIGPIPE.
  public func shutdown() {
    let (mover, packer) = threads.withLock { threads in
      defer { threads = (nil, nil) }
      return threads
    }
    core.close()
    mover?.join()
    core.packerBell.ring()
    packer?.join()
  }
}
