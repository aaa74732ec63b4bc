// Moves the output of services into their files, on a thread of its own: a disk that hangs must not hide an
// exit.

import Glibc
import Linux
import Synchronization

/// Collects the output of services.
package final class LogCollector: Sendable {
  private let core: CollectorCore
  /// The pump's thread, until the shutdown.
  private let pump = Mutex<NativeThread?>(nil)

  /// Starts the collector's threads: the pump, the maintenance of old files, and the detector of hangs in the
  /// two.
  ///
  /// - Parameters:
  ///   - directory: the directory for the FIFOs of runs, so that a successor of this process can continue to
  ///     read them; best on a file system in memory. nil: pipes without a name.
  ///   - former: directories in which the FIFOs of a predecessor may be. Those of other users are left alone.
  ///   - spared: folders on the way to the directory that are not made again when they are missing.
  ///   - onTrouble: receives each trouble with files, and its end. Called from the collector's threads: it
  ///     must not block.
  package init(
    directory: String? = nil, former: [String] = [], sparing spared: [String] = [],
    onTrouble: @escaping @Sendable (LogTrouble) -> Void = { _ in }
  ) throws(SystemError) {
    core = try CollectorCore(directory: directory.map { FIFODirectory(path: $0, former: former, sparing: spared) }, onTrouble: onTrouble)
    let thread = try core.start()
    pump.withLock { $0 = thread }
  }

  deinit { shutdown() }

  /// Makes the log of a service. Creates the directory of its file where it is missing (mode 0700), the file
  /// (0600) when there is something to write.
  ///
  /// Two logs must not have the same file. Those that go to one standard output share it.
  ///
  /// - Parameter name: the service's name, for its FIFOs; nil: pipes without a name, as for the commands of
  ///   checks.
  package func open(_ policy: LogPolicy, name: String? = nil) throws(LogError) -> ServiceLog {
    guard !core.tasks.isClosed else { throw .closed }
    let log = ServiceLog(
      policy, name: name, device: try device(of: policy), errorDevice: try policy.ofErrors.map(device) ?? 0, core: core)
    core.add(log.feed)
    return log
  }

  /// The device of a log's file. Makes its folder, unless that takes the rights of the service's user, which are known with its first run.
  private func device(of policy: LogPolicy) throws(LogError) -> UInt64 {
    guard let path = policy.path else { return 0 }
    do throws(FolderError) {
      return switch try FilePlace.find(path, .log(nil, sparing: policy.spared)) {
      case .file(let place): place.folder.device
      case .descriptor(let number): core.sinks.device(of: number)
      }
    } catch {
      let parent = Directories.parent(of: path) ?? "."
      if case .system = error { throw .directory(path: parent, error) }
      return Directories.device(of: parent)
    }
  }

  /// Removes the FIFOs of runs that were not adopted. For the time between the adoptions and the first start.
  package func removeStale() {
    core.directory?.removeAll(but: core.paths)
  }

  /// Reads the output that is there, then closes all pipes, packs the remaining old files and ends the
  /// threads. A process that writes on waits as soon as its pipe is full, and stays waiting: the pipe has no
  /// reader.
  ///
  /// Waits no longer than `time` in all, so that a disk that hangs delays nothing else. After that no more
  /// files are packed, and the threads are left alone: they end when the disk answers. A second call does not
  /// wait.
  package func shutdown(within time: Duration = .seconds(2)) {
    let deadline = SuspendingClock.now + time
    let pump = pump.withLock { $0.take() }
    core.tasks.close()
    guard let pump else { return }
    // A callback on the pump's own thread cannot wait for the end of that thread.
    let hasPumped = !pump.isCurrent && core.slot.end.wait(until: deadline)
    core.maintenance.finish()
    if !hasPumped || !core.maintenance.slot.end.wait(until: deadline) { core.maintenance.drop() }
    core.end()
    core.directory?.leave()
  }
}
