// The log of a service that writes into pipes.

import Linux
import Synchronization

/// The file side of a piped log: the writer, its settings, and the names of its FIFOs.
final class PipedLog: Sendable {
  /// The log of standard error, where that has its own file.
  let errors: PipedLog?
  /// The service's name; nil: its pipes have no names.
  let name: String?
  /// The file; nil: lines are kept in memory only.
  let path: String?
  let device: UInt64
  let feed: LogFeed
  /// Locked while something is written, as long as the disk takes: for pumps alone.
  let writer: Mutex<LogWriter>
  let settings: Mutex<LogSettings>
  private let directory: FIFODirectory?
  let rotation: LogRotation
  /// Whether other logs write to its file, too.
  let isShared: Bool

  init(
    _ policy: LogPolicy, name: String?, device: UInt64, feed: LogFeed, errors: PipedLog?, shared: SharedFile?, directory: FIFODirectory?,
    sinks: StreamSinks, maintenance: LogMaintenance
  ) {
    self.name = name
    self.errors = errors
    self.device = device
    self.feed = feed
    self.directory = directory
    path = policy.path
    var settings = LogSettings(maxSize: policy.maxSize, timestamps: policy.timestamps)
    settings.apply(policy)
    self.settings = Mutex(settings)
    let rotation = shared?.rotation ?? LogRotation(path: policy.path ?? "", maxFiles: policy.maxFiles)
    let file = LogFile(path: policy.path ?? "", sparing: policy.spared, rotation: rotation, sinks: sinks, shared: shared) {
      maintenance.add(.pack(rotation, device: device))
    }
    self.rotation = rotation
    isShared = shared != nil
    writer = Mutex(LogWriter(file: file))
  }

  /// The log that a stream goes to.
  func log(of stream: LogStream) -> PipedLog {
    switch stream {
    case .stdout: self
    case .stderr: errors ?? self
    }
  }

  /// All logs of the service.
  var all: [PipedLog] { errors.map { [self, $0] } ?? [self] }

  func apply(_ policy: LogPolicy) {
    settings.withLock { $0.apply(policy) }
    rotation.keep(policy.maxFiles)
    if let ofErrors = policy.ofErrors { errors?.apply(ofErrors) }
  }

  /// Names the ids of the service's user.
  func act(as rights: FileRights?) {
    for log in all { log.settings.withLock { $0.rights = rights } }
  }

  /// The folder and the name of a run's FIFO; nil where its pipes have no names.
  func fifo(of source: LogSource, isMerged: Bool = false) -> (directory: FIFODirectory, name: String)? {
    guard let name, let directory else { return nil }
    return (directory, FIFODirectory.name(name, source, isMerged: isMerged))
  }
}
