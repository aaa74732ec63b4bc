// The log of a service that writes into pipes.

import Linux
import Synchronization

/// The file side of a piped log: the writer, its settings, and the names of its FIFOs.
final class PipedLog: Sendable {
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

  init(
    _ policy: LogPolicy, name: String?, device: UInt64, feed: LogFeed, rotation: LogRotation, directory: FIFODirectory?,
    maintenance: LogMaintenance
  ) {
    self.name = name
    self.device = device
    self.feed = feed
    self.directory = directory
    path = policy.path
    settings = Mutex(LogSettings(maxSize: policy.maxSize, timestamps: policy.timestamps))
    let file = LogFile(path: policy.path ?? "", sparing: policy.spared, rotation: rotation) {
      maintenance.add(.pack(rotation, device: device))
    }
    writer = Mutex(LogWriter(file: file))
  }

  /// The folder and the name of a run's FIFO; nil where its pipes have no names.
  func fifo(of source: LogSource) -> (directory: FIFODirectory, name: String)? {
    guard let name, let directory else { return nil }
    return (directory, FIFODirectory.name(name, source))
  }
}
