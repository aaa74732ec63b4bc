// The small files through which cgroups are read and written.

import Glibc
import Linux

/// Files of a cgroup.
enum ControlFile {
  /// The text of a file; nil with errno if it cannot be read.
  static func read(_ path: String) -> [UInt8]? { SmallFile.read(path, bound: 16 << 20) }

  /// Writes a file, in one piece.
  static func write(_ text: String, to path: String) throws(SystemError) {
    let descriptor = try system { open(path, O_WRONLY | O_CLOEXEC) }
    defer { close(descriptor) }
    var text = text
    try system { text.withUTF8 { bytes in uninterrupted { Glibc.write(descriptor, bytes.baseAddress, bytes.count) } } }
  }

  /// The words of a file, like the names of controllers.
  static func words(_ path: String) -> [String] {
    (read(path) ?? []).split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }.map { String(decoding: $0, as: UTF8.self) }
  }

  /// The pids in a cgroup, without those in cgroups below it.
  static func processes(in folder: String) -> [Int32] {
    words("\(folder)/cgroup.procs").compactMap { Int32($0) }.filter { $0 > 0 }
  }

  /// The pids in a cgroup and in those below it, except one.
  static func allProcesses(in folder: String, without excluded: String) -> [Int32] {
    var found: [Int32] = []
    var folders = [folder]
    while let folder = folders.popLast() {
      found += processes(in: folder)
      folders += self.folders(in: folder).map { "\(folder)/\($0)" }.filter { $0 != excluded }
    }
    return found
  }

  /// Whether a cgroup, or one below it, has processes.
  static func isPopulated(_ folder: String) -> Bool {
    read("\(folder)/cgroup.events").map { $0.withUnsafeBytes(ControlGroup.saysPopulated) } ?? false
  }

  /// Whether only our user and root can put processes into a cgroup.
  static func isOurs(_ folder: String) -> Bool {
    [folder, "\(folder)/cgroup.procs"].allSatisfy { FileFacts.of($0).map { !$0.isWritable(byOthersThan: geteuid()) } ?? false }
  }

  /// The cgroups directly below one.
  static func folders(in path: String) -> [String] {
    // The kernel counts them as links, so most need not be listed.
    var status = stat()
    guard stat(path, &status) == 0, status.st_nlink > 2 else { return [] }
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      guard entry.pointee.d_type == UInt8(DT_DIR) else { continue }
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Removes a cgroup and those below it, as far as they are empty. Returns whether it is gone.
  @discardableResult
  static func remove(_ path: String) -> Bool {
    if rmdir(path) == 0 || errno == ENOENT { return true }
    for name in folders(in: path) { remove("\(path)/\(name)") }
    return rmdir(path) == 0 || errno == ENOENT
  }
}
