// The directory of the FIFOs that runs write into, and the names in it.

import CLinux
import Glibc
import Linux

/// A directory for FIFOs, through which a successor of this process can continue to read the output of runs.
package struct FIFODirectory: Sendable {
  let path: String
  /// The device that it is on; 0 if it does not exist yet.
  let device: UInt64

  init(path: String) {
    self.path = path
    device = Directories.device(of: path)
  }

  /// The path of a run's FIFO, like `DIR/dao.17.out`.
  func path(name: String, run: UInt64, stream: LogStream) -> String {
    "\(path)/\(name).\(run).\(Self.ending(of: stream))"
  }

  private static func ending(of stream: LogStream) -> String {
    switch stream {
    case .stdout: "out"
    case .stderr: "err"
    }
  }

  /// Removes the FIFOs in the directory, except `kept`. A process that still writes into one can go on until
  /// the pipe is full.
  func removeAll(but kept: Set<String>) {
    guard let directory = opendir(path) else { return }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
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

  // MARK: Location

  /// On a disk each FIFO costs some 300 µs to make and as much to remove, in memory 4.
  private static let memory = "/dev/shm"

  /// The path of the directory for a Stoker's FIFOs: in memory where that lasts, else in the state directory.
  /// The same at each call, so that a successor finds them.
  ///
  /// The shared memory of people is cleared when they log out (`RemoveIPC=` in logind.conf(5)); that of
  /// system users is not, so only theirs can outlive this process.
  /// - Parameters:
  ///   - name: a name that no other Stoker's directory has.
  ///   - stateDirectory: their place otherwise.
  package static func location(named name: String, stateDirectory: String) -> String {
    let shared = "\(memory)/\(name)"
    guard geteuid() < 1000, clinux_is_in_memory(memory) != 0, isOurs(shared) else { return "\(stateDirectory)/output" }
    return shared
  }

  /// Removes an empty directory in memory at an orderly end.
  package static func leave(_ path: String) {
    if path.hasPrefix("\(memory)/") { rmdir(path) }
  }

  /// Every user can create this name in shared memory; once it is ours, only we can remove it.
  private static func isOurs(_ path: String) -> Bool {
    if mkdir(path, 0o700) == 0 { return true }
    var status = stat()
    return errno == EEXIST && lstat(path, &status) == 0 && status.st_mode & (S_IFMT | 0o077) == S_IFDIR && status.st_uid == geteuid()
  }
}
