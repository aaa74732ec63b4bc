// Trouble with files and pipes of output, and its end.

import Linux

/// Trouble with a log, for people; reported once when it begins and once when it is over.
package enum LogTrouble: Hashable, Sendable, CustomStringConvertible {
  /// The file cannot be written to: output is dropped and counted until it can be again.
  case unwritable(path: String, FolderError)
  /// The file can be written to again; so many bytes were dropped.
  case writable(path: String, dropped: UInt64)
  /// The file's disk does not answer: services that log to it wait as soon as their pipes are full.
  case hanging(path: String)
  /// The disk answers again.
  case answering(path: String)
  /// The FIFO cannot be created: if this process dies, its successor cannot read the run's output.
  case unnamed(path: String, SystemError)
  /// The file of a direct log lies where others may write, and is not opened: the output of this run is lost.
  case discarded(path: String, FolderError)
  /// The file of a direct log cannot be made smaller while the service writes: it grows.
  case growing(path: String, SystemError)

  /// In a sentence.
  package var description: String {
    switch self {
    case .unwritable(let path, let error):
      "cannot write to '\(path)': \(error.reason(at: path)); output is dropped until it can be written to again"
    case .writable(let path, let dropped): "'\(path)' can be written to again; \(dropped) bytes of output were dropped"
    case .hanging(let path): "the disk of '\(path)' does not answer; services that log to it wait as soon as their pipes are full"
    case .answering(let path): "the disk of '\(path)' answers again"
    case .unnamed(let path, let error):
      "cannot create the FIFO '\(path)': \(error); output is read through a pipe that no successor can adopt"
    case .discarded(let path, let error):
      "cannot open the log '\(path)': \(error.reason(at: path)); the service runs, and its output is lost until its next start"
    case .growing(let path, let error): "cannot rotate '\(path)' while it is written to directly: \(error); it grows"
    }
  }
}
