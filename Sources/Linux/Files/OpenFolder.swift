// Folders that are held open: files in them are opened, renamed and removed below a descriptor.

import CLinux
import Glibc

/// A folder, held open by a descriptor: all that is done through it is done in this folder, even if its path names another one meanwhile.
///
/// The way to it is followed part by part. In a folder that others than root and our user may write, no symbolic link is followed, since
/// they could place it there.
package final class OpenFolder: Sendable {
  /// The path by which it was opened.
  package let path: String
  /// Good for the calls whose names end in `at`, not for reading (O_PATH).
  package let descriptor: Int32
  /// The folders on the way, and itself, in which others can replace names, from the outermost; none if only root and our user can.
  package let weaknesses: [Weakness]
  /// The first of them.
  package var weakness: Weakness? { weaknesses.first }

  /// A folder in which others can replace names, or another file that is theirs to change.
  package struct Weakness: Hashable, Sendable, CustomStringConvertible {
    package let path: String
    package let facts: FileFacts

    /// Whether every user can, and not one or a group of them.
    package var isForEverybody: Bool { facts.kind != .link && facts.mode & 0o002 != 0 && !facts.isSticky }

    /// Like "'/srv/app' can be written by user 1000".
    package var description: String {
      if isForEverybody { return "'\(path)' can be written by everybody" }
      if !facts.isOwned(byRootOr: geteuid()) { return "'\(path)' belongs to user \(facts.owner)" }
      return "'\(path)' can be written by group \(facts.group)"
    }
  }

  /// Opens a folder.
  /// - Parameters:
  ///   - path: An absolute path, or one from the working directory.
  ///   - makes: Whether missing folders on the way are made, for our user alone (mode 0700).
  package init(_ path: String, makes: Bool = false) throws(FolderError) {
    var walk = try Walk(path)
    while let part = walk.next() { try walk.enter(part, makes: makes) }
    (descriptor, weaknesses) = walk.arrive()
    self.path = path
  }

  deinit { close(descriptor) }

  // MARK: Files

  /// Opens a file by its bare name; never through a symbolic link.
  package func open(_ name: String, _ flags: Int32, mode: mode_t = 0o600) throws(SystemError) -> Int32 {
    try system { openat(descriptor, name, flags | O_NOFOLLOW | O_CLOEXEC, mode) }
  }

  /// The facts of a file; nil with errno.
  package func facts(of name: String) -> FileFacts? {
    var status = stat()
    return fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? FileFacts(status) : nil
  }

  /// Makes an empty file for writing, with a name that nobody can know before.
  package func makeTemporary(for name: String, mode: mode_t = 0o600) throws(SystemError) -> (descriptor: Int32, name: String) {
    var generator = SystemRandomNumberGenerator()
    let temporary = ".\(name.utf8.count <= 200 ? name : "file").\(String(generator.next(), radix: 36)).tmp"
    return (try open(temporary, O_RDWR | O_CREAT | O_EXCL, mode: mode), temporary)
  }

  /// Replaces a file, or makes it: a crash leaves either the old or the new one.
  package func replace(_ name: String, with bytes: UnsafeRawBufferPointer, mode: mode_t = 0o600) throws(SystemError) {
    let (file, temporary) = try makeTemporary(for: name, mode: mode)
    let written = writeAll(bytes, to: file)
    let error = written == bytes.count ? nil : SystemError.last
    close(file)
    do throws(SystemError) {
      if let error { throw error }
      try rename(temporary, to: name)
    } catch {
      remove(temporary)
      throw error
    }
  }

  /// Replaces a file, or makes it: a crash leaves either the old or the new one.
  package func replace(_ name: String, with bytes: [UInt8], mode: mode_t = 0o600) throws(SystemError) {
    let result = bytes.withUnsafeBytes { bytes in Result { () throws(SystemError) in try replace(name, with: bytes, mode: mode) } }
    try result.get()
  }

  /// Removes the temporaries that processes which were killed left.
  package func removeTemporaries(for name: String) {
    for other in names() where other.hasPrefix(".\(name).") && other.hasSuffix(".tmp") { remove(other) }
  }

  /// Renames a file within the folder, in place of one that has the new name.
  package func rename(_ name: String, to new: String) throws(SystemError) {
    try system { renameat(descriptor, name, descriptor, new) }
  }

  /// Removes a file. Returns whether there was one.
  @discardableResult
  package func remove(_ name: String) -> Bool { unlinkat(descriptor, name, 0) == 0 }

  /// The names in it, without `.` and `..`.
  package func names() -> [String] {
    let reading = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard reading >= 0, let stream = fdopendir(reading) else {
      if reading >= 0 { close(reading) }
      return []
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}

/// Why a folder could not be opened.
package enum FolderError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A part of the way cannot be entered.
  case system(path: String, SystemError)
  /// A part of the way is a symbolic link, in a folder in which others may place one.
  case foreignLink(path: String, OpenFolder.Weakness)

  package var description: String {
    switch self {
    case .system(let path, let error): "'\(path)': \(error)"
    case .foreignLink(let path, let weakness): "'\(path)' is a symbolic link, which is not followed since \(weakness)"
    }
  }

  /// The errno: ELOOP for a link that is not followed.
  package var errno: Int32 {
    switch self {
    case .system(_, let error): error.errno
    case .foreignLink: ELOOP
    }
  }
}

extension OpenFolder {
  /// The way from `/` to a folder.
  private struct Walk {
    /// The parts that are still to go, the next one last.
    private var parts: [Substring]
    private var place: String
    private var current: Int32
    private var facts: FileFacts
    private var weaknesses: [Weakness] = []
    private var links = 0

    /// As many as the kernel follows (path_resolution(7)).
    private static let linkBound = 40

    init(_ path: String) throws(FolderError) {
      let start = path.hasPrefix("/") ? "/" : "."
      place = path.hasPrefix("/") ? "" : "."
      parts = path.split(separator: "/").reversed()
      current = Glibc.open(start, CLINUX_O_PATH | O_DIRECTORY | O_CLOEXEC)
      guard current >= 0, let facts = FileFacts.of(current) else { throw .system(path: start, .last) }
      self.facts = facts
    }

    mutating func next() -> Substring? { parts.popLast() }

    mutating func enter(_ part: Substring, makes: Bool) throws(FolderError) {
      let name = String(part)
      let path = "\(place)/\(name)"
      var entered = openat(current, name, CLINUX_O_PATH | O_NOFOLLOW | O_CLOEXEC)
      if entered < 0, errno == ENOENT, makes, mkdirat(current, name, 0o700) == 0 || errno == EEXIST {
        entered = openat(current, name, CLINUX_O_PATH | O_NOFOLLOW | O_CLOEXEC)
      }
      guard entered >= 0, let found = FileFacts.of(entered) else { throw fail(path, .last, closing: entered) }
      noteWeakness(entry: found, path)
      switch found.kind {
      case .folder:
        close(current)
        (current, facts, place) = (entered, found, path)
      case .link:
        let target = SymbolicLink.target(at: entered, "")
        close(entered)
        links += 1
        guard let target, !target.isEmpty, links <= Self.linkBound else { throw fail(path, SystemError(errno: ELOOP)) }
        if let weakness = weaknesses.last {
          close(current)
          throw .foreignLink(path: path, weakness)
        }
        parts += target.split(separator: "/").reversed()
        if target.hasPrefix("/") { try restart() }
      case .regular, .fifo, .socket, .device: throw fail(path, SystemError(errno: ENOTDIR), closing: entered)
      }
    }

    private mutating func restart() throws(FolderError) {
      close(current)
      current = Glibc.open("/", CLINUX_O_PATH | O_DIRECTORY | O_CLOEXEC)
      guard current >= 0, let facts = FileFacts.of(current) else { throw .system(path: "/", .last) }
      self.facts = facts
      place = ""
    }

    /// Notes whether others could have placed this entry of the present folder.
    private mutating func noteWeakness(entry: FileFacts, _ path: String) {
      guard facts.isWritable(byOthersThan: geteuid()) else { return }
      guard isShared else { return note(place.isEmpty ? "/" : place, facts) }
      // There an entry is as safe as its owner.
      if !entry.isOwned(byRootOr: geteuid()) { note(path, entry) }
    }

    /// Whether everybody may make entries in the present folder, and change only their own.
    private var isShared: Bool { facts.isOwned(byRootOr: geteuid()) && facts.isSticky }

    private mutating func note(_ path: String, _ facts: FileFacts) {
      if weaknesses.last?.path != path { weaknesses.append(Weakness(path: path, facts: facts)) }
    }

    /// Closes what is open.
    private func fail(_ path: String, _ error: SystemError, closing entered: Int32 = -1) -> FolderError {
      if entered >= 0 { close(entered) }
      close(current)
      return .system(path: path, error)
    }

    /// The end of the way. In a folder with the sticky bit each entry has to be looked at by itself.
    mutating func arrive() -> (descriptor: Int32, weaknesses: [Weakness]) {
      if facts.isWritable(byOthersThan: geteuid()), !isShared { note(place.isEmpty ? "/" : place, facts) }
      return (current, weaknesses)
    }
  }
}
