// The folder of the FIFOs that runs write into, and the names in it.

import CLinux
import Glibc
import Linux

/// Where the outputs of runs are FIFOs, so that a successor of this process can go on reading them.
struct PipeFolder: Sendable {
  let path: String
  /// What it is on; 0 if it is not there yet.
  let device: UInt64

  init(path: String) {
    self.path = path
    device = Directories.device(of: path)
  }

  /// Like `DIR/dao.17.out`.
  func path(name: String, run: UInt64, stream: LogStream) -> String {
    "\(path)/\(name).\(run).\(Self.ending(of: stream))"
  }

  private static func ending(of stream: LogStream) -> String {
    switch stream {
    case .stdout: "out"
    case .stderr: "err"
    }
  }

  /// Removes the FIFOs in the folder whose paths are not to be kept. Whoever still writes into one writes on, until it is full.
  func removeAll(but kept: Set<String>) {
    guard let folder = opendir(path) else { return }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      let path = "\(path)/\(name)"
      var status = stat()
      guard LogStream.allCases.contains(where: { name.hasSuffix(".\(Self.ending(of: $0))") }), !kept.contains(path),
        lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFIFO
      else { continue }
      unlink(path)
    }
  }
}

extension Directories {
  /// The device that a folder is on; 0 if there is none.
  static func device(of path: String) -> UInt64 {
    var status = stat()
    return stat(path, &status) == 0 ? UInt64(status.st_dev) : 0
  }
}
