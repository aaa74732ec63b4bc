// One file into which several logs write.

import Glibc
import Linux
import Synchronization

/// The file of all logs that share it. It is rotated for them together.
final class SharedFile: Sendable {
  let rotation: LogRotation
  private let state: Mutex<State>

  private struct State: ~Copyable {
    var file: LogFile
    /// The log that wrote last.
    var last: ObjectIdentifier?
  }

  init(path: String, sparing spared: [String], maxFiles: Int, device: UInt64, sinks: StreamSinks, maintenance: LogMaintenance) {
    let rotation = LogRotation(path: path, maxFiles: maxFiles)
    self.rotation = rotation
    state = Mutex(
      State(
        file: LogFile(path: path, sparing: spared, rotation: rotation, sinks: sinks) {
          maintenance.add(.pack(rotation, device: device))
        }))
  }

  /// Whether the next byte begins a line.
  var isAtLineStart: Bool { state.withLock { $0.file.isAtLineStart } }

  /// Whether another log than this has written last.
  func isInterrupted(_ log: ObjectIdentifier) -> Bool { state.withLock { $0.last != log } }

  /// Opens the file where it has to be, with the rights of the service that writes next; the error if it cannot be.
  func prepare(_ maxSize: UInt64, _ rights: FileRights?) -> FolderError? {
    state.withLock { state in
      state.file.maxSize = maxSize
      state.file.act(as: rights)
      return state.file.prepare() ? nil : state.file.error
    }
  }

  /// Writes as many bytes as possible, and puts full files aside; returns their number, and the error if there are fewer.
  func write(_ bytes: UnsafeRawBufferPointer, by log: ObjectIdentifier, _ progress: () -> Void) -> (count: Int, error: FolderError?) {
    state.withLock { state in
      state.last = log
      let count = state.file.write(bytes, progress)
      return (count, count < bytes.count ? state.file.error : nil)
    }
  }
}

/// The files that are shared, by their paths.
final class SharedFiles: Sendable {
  private struct Entry {
    weak var file: SharedFile?
  }

  private let entries = Mutex<[String: Entry]>([:])

  /// The file at a path, made by the first log that asks for it, and kept as long as one of them.
  func file(at path: String, making make: () -> SharedFile) -> SharedFile {
    entries.withLock { entries in
      if let file = entries[path]?.file { return file }
      entries = entries.filter { $0.value.file != nil }
      let file = make()
      entries[path] = Entry(file: file)
      return file
    }
  }
}
