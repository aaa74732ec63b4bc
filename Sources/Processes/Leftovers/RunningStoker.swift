// The Stokers that run, found by the locks that their processes hold.

import Glibc
import Linux

/// A running Stoker of this user. It is found through its process, not through names in the file system that others could make.
package struct RunningStoker: Hashable, Sendable {
  package let pid: Int32
  /// The state directory, where it is now.
  package let directory: String
  /// Whether the directory was removed or covered, so that its control socket cannot be reached.
  package let isLost: Bool
  /// The absolute path of its service file, if it is recorded.
  package let file: String?

  /// A running Stoker.
  package init(pid: Int32, directory: String, isLost: Bool = false, file: String?) {
    self.pid = pid
    self.directory = directory
    self.isLost = isLost
    self.file = file
  }

  /// All that this process can see, by pid. One whose state directory others may change is left out: its record and its socket prove
  /// nothing.
  package static func all() -> [RunningStoker] {
    holders(ofLocks: SmallFile.read("/proc/locks", bound: 64 << 20) ?? []).sorted().flatMap(directories)
  }

  /// The processes that hold a lock of flock(2): few, so that not every process has to be looked at.
  /// - Parameter table: The content of `/proc/locks`, as in `3: FLOCK  ADVISORY  WRITE 501 fe:00:1141519 0 EOF`.
  static func holders(ofLocks table: [UInt8]) -> Set<Int32> {
    Set(
      table.split(separator: UInt8(ascii: "\n")).compactMap { line in
        let words = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
        guard words.count > 4, words[1] == "FLOCK", let pid = Int32(words[4]), pid > 0 else { return nil }
        return pid
      })
  }

  /// The state directories that a process holds.
  private static func directories(of pid: Int32) -> [RunningStoker] {
    var status = stat()
    guard stat("/proc/\(pid)", &status) == 0, status.st_uid == geteuid(), let files = try? OpenFolder("/proc/\(pid)/fd") else { return [] }
    return files.names().compactMap { name in
      guard let link = SymbolicLink.target(at: files.descriptor, name) else { return nil }
      let path = link.hasSuffix(deleted) ? String(link.dropLast(deleted.utf8.count)) : link
      guard path.hasSuffix("/lock"), StateLock.isLocked(name, of: pid), fstatat(files.descriptor, name, &status, 0) == 0,
        status.st_uid == geteuid()
      else { return nil }
      let directory = String(path.dropLast("/lock".utf8.count))
      guard FileFacts.of(path)?.isSame(as: FileFacts(status)) == true else {
        // In another mount namespace the same path may be another directory.
        let isOfOurs = SymbolicLink.target("/proc/\(pid)/ns/mnt") == SymbolicLink.target("/proc/self/ns/mnt")
        return isOfOurs ? RunningStoker(pid: pid, directory: directory, isLost: true, file: nil) : nil
      }
      guard FileFacts.of("\(directory)/stoker.sock")?.kind == .socket, (try? OpenFolder(directory))?.weakness == nil else { return nil }
      return RunningStoker(pid: pid, directory: directory, file: RuntimeRecord.read(from: directory).record.file)
    }
  }

  /// The kernel's mark of a removed file.
  private static let deleted = " (deleted)"
}
