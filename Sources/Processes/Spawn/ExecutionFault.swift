// Why the kernel refused to execute a file: it has one errno for the file, its interpreter, its loader, and every folder on the way to them.

import Glibc
import Linux

/// A search for the cause of a refused execve, after it. It opens regular files alone, and reads no more than their beginnings.
struct ExecutionFault {
  /// The folder from which relative paths count.
  let directory: String
  /// The rights of the process; nil if they are ours.
  let rights: FileRights?
  /// Its user in a sentence: "the user 'nobody'".
  let user: String

  /// An interpreter may be a script itself; the kernel follows as many.
  private static let deepest = 4
  /// ST_NOEXEC, an enumerator of glibc that Swift does not see.
  private static let noExecution: UInt = 8

  /// The cause in a clause; nil if none was found.
  func cause(of path: String) -> String? { cause(of: path, depth: 0) }

  /// Why a folder cannot be entered; nil if no cause was found.
  func cause(ofFolder path: String) -> String? {
    guard may(X_OK, path) else { return "\(user) may not enter it" }
    if let mode = facts(path) { return mode & S_IFMT == S_IFDIR ? nil : "it is no folder" }
    return onTheWay(to: path, "\(user) may not enter")
  }

  private func cause(of path: String, depth: Int) -> String? {
    let path = path.hasPrefix("/") ? path : "\(directory)/\(path)"
    let barred = depth == 0 ? "\(user) may not execute it, since it may not enter" : "\(user) may not enter"
    if let cause = onTheWay(to: path, barred) { return cause }
    guard let mode = facts(path) else { return nil }
    guard mode & S_IFMT == S_IFREG else { return mode & S_IFMT == S_IFDIR ? "it is a folder" : "it is no regular file" }
    guard mode & 0o111 != 0 else { return "\(user) may not execute it: no permission to execute is set (chmod +x)" }
    guard may(X_OK, path) else { return "\(user) may not execute it" }
    var system = statvfs()
    if statvfs(path, &system) == 0, system.f_flag & Self.noExecution != 0 { return "its file system is mounted with noexec" }
    guard depth < Self.deepest, let (kind, next) = Interpreter.find(of: path) else { return nil }
    if next.hasSuffix("\r") { return "its first line ends with a carriage return: save it with the line ends of Unix" }
    let seen = next.hasPrefix("/") ? next : "\(directory)/\(next)"
    if isMissing(seen), SymbolicLink.target(seen) == nil {
      return "the file is there, but the \(kind) '\(next)' that it names does not exist"
    }
    return cause(of: next, depth: depth + 1).map { "its \(kind) '\(next)' cannot be executed: \($0)" }
  }

  /// The first folder on the way that is none or may not be entered, and where a link leads.
  private func onTheWay(to path: String, _ barred: String) -> String? {
    if let cause = barrier(on: path, barred) { return cause }
    guard let target = realpath(path, nil) else {
      guard let target = SymbolicLink.target(path) else { return nil }
      return "it is a link to '\(target)', which does not exist"
    }
    defer { free(target) }
    let place = String(cString: target)
    return place == path ? nil : barrier(on: place, barred).map { "it leads to '\(place)', and \($0)" }
  }

  private func barrier(on path: String, _ barred: String) -> String? {
    var end = path.utf8.startIndex
    while let slash = path.utf8[end...].firstIndex(of: UInt8(ascii: "/")) {
      end = path.utf8.index(after: slash)
      let folder = String(path[..<slash])
      guard !folder.isEmpty else { continue }
      // The error itself says that something is missing.
      guard let mode = facts(folder) else { return nil }
      guard mode & S_IFMT == S_IFDIR else { return "'\(folder)' is no folder" }
      guard may(X_OK, folder) else { return "\(barred) the folder '\(folder)'" }
    }
    return nil
  }

  /// The mode of a file as we see it; nil: it does not exist.
  private func facts(_ path: String) -> mode_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode : nil
  }

  private func isMissing(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) != 0 && (errno == ENOENT || errno == ENOTDIR)
  }

  private func may(_ access: Int32, _ path: String) -> Bool {
    let result = try? FileRights.acting(as: rights) { faccessat(AT_FDCWD, path, access, AT_EACCESS) == 0 || errno != EACCES }
    return result ?? true
  }
}
