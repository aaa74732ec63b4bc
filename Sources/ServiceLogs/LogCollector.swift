// Moves the output of services into their files, on a thread of its own: a disk that hangs must not hide an exit.

import Glibc
import Linux
import Synchronization

/// Collects the output of services.
package final class LogCollector: Sendable {
  private let core: CollectorCore
  /// The thread that moves, until it is told to end.
  private let mover = Mutex<NativeThread?>(nil)

  /// Starts the collector's threads: one that moves, one that packs files that were put aside, one that sees to it that neither hangs.
  ///
  /// - Parameters:
  ///   - directory: where the outputs of runs are FIFOs, so that a successor of this process can go on reading them; best on a file system
  ///     in memory. nil: they are pipes without a name.
  ///   - onTrouble: is told what goes wrong with files, and when it is over. Called from the collector's threads: it must not block.
  package init(
    directory: String? = nil, onTrouble: @escaping @Sendable (LogTrouble) -> Void = { _ in }
  ) throws(SystemError) {
    if let directory { try? Directories.make(directory) }
    core = try CollectorCore(folder: directory.map { PipeFolder(path: $0) }, onTrouble: onTrouble)
    let thread = try core.startThreads()
    mover.withLock { $0 = thread }
  }

  deinit { shutdown() }

  /// Makes the log of a service. Creates the folder of its file where it is missing (mode 0700),
  /// the file (0600) when there is something to write.
  ///
  /// A path must not be given to two logs.
  ///
  /// - Parameter name: the service's, for its FIFOs; nil: its pipes are without a name, as those of the commands of checks.
  package func open(_ policy: LogPolicy, name: String? = nil) throws(LogError) -> ServiceLog {
    guard !core.isClosed else { throw .closed }
    var device: UInt64 = 0
    if let path = policy.path, let parent = Directories.parent(of: path) {
      device = Directories.device(of: parent)
      // Asked for first: to make a folder that is there waits for a disk that hangs.
      if device == 0 {
        do {
          try Directories.make(parent)
        } catch {
          throw .directory(path: parent, error)
        }
        device = Directories.device(of: parent)
      }
    }
    let log = ServiceLog(policy, name: name, device: device, core: core)
    core.add(log)
    return log
  }

  /// Removes the FIFOs of runs that nobody has adopted. For the time between the adoptions and the first start.
  package func removeStale() {
    core.folder?.removeAll(but: core.paths)
  }

  /// Moves what can be read at once, then lets go of all pipes, packs what is to be packed and ends the threads.
  /// Whoever writes on waits when its pipe is full, for ever: nobody reads it any more.
  ///
  /// Waits no longer than `time` in all, so that a disk that hangs holds nobody up. After that nothing more is begun to be packed, and
  /// the threads are left alone: they end when the disk answers. Called again, it does not wait.
  package func shutdown(within time: Duration = .seconds(2)) {
    let deadline = SuspendingClock.now + time
    let mover = mover.withLock { $0.take() }
    core.close()
    guard let mover else { return }
    // From a callback on the mover's own thread its end cannot be waited for.
    let hasMoved = !mover.isCurrent && core.moved.wait(until: deadline)
    core.packer.finish()
    if !hasMoved || !core.packed.wait(until: deadline) { core.packer.drop() }
    core.watchman.end()
    core.endWaiting()
  }
}
