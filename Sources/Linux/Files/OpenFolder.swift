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
  let facts: FileFacts

  /// A folder in which others can replace names, or another file that is theirs to change.
  package struct Weakness: Hashable, Sendable, CustomStringConvertible {
    package let path: String
    package let facts: FileFacts

    /// Whether every user can, and not one or a group of them.
    package var isForEverybody: Bool { facts.kind != .link && facts.mode & 0o002 != 0 && !facts.isSticky }

    /// Like "'/srv/app' can be written by user 1000".
    package var description: String {
      if facts.kind != .link, facts.mode & 0o002 != 0 { return "'\(path)' can be written by everybody" }
      if !facts.isOwned(byRootOr: geteuid()) { return "'\(path)' belongs to user \(facts.owner)" }
      return "'\(path)' can be written by group \(facts.group)"
    }
  }

  /// Opens a folder.
  /// - Parameters:
  ///   - path: An absolute path, or one from the working directory.
  ///   - makes: Whether missing folders on the way are made, for our user alone (mode 0700).
  package convenience init(_ path: String, makes: Bool = false) throws(FolderError) {
    try self.init(path, FileRules(makesFolders: makes ? 0o700 : nil))
  }

  /// Opens a folder by rules. The way to it is gone with our rights; only folders are made with those of the rules.
  package init(_ path: String, _ rules: FileRules) throws(FolderError) {
    var walk = try Walk(path, rules)
    while let part = walk.next() { try walk.enter(part) }
    (descriptor, facts, weaknesses) = walk.arrive()
    self.path = path
  }

  deinit { close(descriptor) }

  /// The file system that it is on.
  package var device: UInt64 { UInt64(facts.device) }

  /// Why others could have placed this entry; nil if only root and our user could. Unlike `weakness`, this looks at the owner of each
  /// entry where the folder has the sticky bit.
  package func weakness(of entry: FileFacts) -> Weakness? {
    weakness ?? (entry.isOwned(byRootOr: geteuid()) ? nil : sharing)
  }

  /// Why others may make entries in it; nil if only root and our user may.
  package var sharing: Weakness? {
    weakness ?? (facts.isWritable(byOthersThan: geteuid()) ? Weakness(path: path, facts: facts) : nil)
  }

  // MARK: Files

  /// Opens a file by its bare name; never through a symbolic link.
  package func open(_ name: String, _ flags: Int32, mode: mode_t = 0o600) throws(SystemError) -> Int32 {
    try system { openat(descriptor, name, flags | O_NOFOLLOW | O_CLOEXEC, mode) }
  }

  /// The facts of a file; nil with errno.
  package func facts(of name: String) -> FileFacts? {
    var status = stat()
    guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
    return FileFacts(status).withList(at: "/proc/self/fd/\(descriptor)/\(name)")
  }

  /// Makes an empty file for writing, with a name that nobody can know before.
  package func makeTemporary(for name: String, mode: mode_t = 0o600) throws(SystemError) -> (descriptor: Int32, name: String) {
    var generator = SystemRandomNumberGenerator()
    let temporary = "\(Self.temporaryPrefix(for: name))\(String(generator.next(), radix: 36))\(Self.temporarySuffix)"
    return (try open(temporary, O_RDWR | O_CREAT | O_EXCL, mode: mode), temporary)
  }

  private static func temporaryPrefix(for name: String) -> String { ".\(name.utf8.count <= 200 ? name : StableHash.text(of: name))." }
  private static let temporarySuffix = ".tmp"

  /// Removes the temporary files that a killed process of this user has left for these names.
  package func removeTemporaries(for wanted: [String], of user: uid_t = geteuid()) {
    let prefixes = wanted.map(Self.temporaryPrefix(for:))
    for name in names() where name.hasSuffix(Self.temporarySuffix) && prefixes.contains(where: { name.hasPrefix($0) }) {
      if let facts = facts(of: name), facts.kind == .regular, facts.owner == user { remove(name) }
    }
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
    private let rules: FileRules

    init(_ path: String, _ rules: FileRules) throws(FolderError) {
      self.rules = rules
      let start = path.hasPrefix("/") ? "/" : "."
      place = path.hasPrefix("/") ? "" : "."
      parts = path.split(separator: "/").reversed()
      current = Glibc.open(start, CLINUX_O_PATH | O_DIRECTORY | O_CLOEXEC)
      guard current >= 0, let facts = FileFacts.of(current) else { throw .system(path: start, .last) }
      self.facts = facts
    }

    mutating func next() -> Substring? { parts.popLast() }

    mutating func enter(_ part: Substring) throws(FolderError) {
      let name = String(part)
      let path = "\(place)/\(name)"
      var entered = openat(current, name, CLINUX_O_PATH | O_NOFOLLOW | O_CLOEXEC)
      if entered < 0, errno == ENOENT, let mode = rules.makesFolders, !rules.spared.contains(path) {
        try make(name, path, mode)
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
        guard let target, !target.isEmpty, links <= FileRules.linkBound else { throw fail(path, SystemError(errno: ELOOP)) }
        if let weakness = weaknesses.last, !rules.followsForeignLinks {
          close(current)
          throw .foreignLink(path: path, weakness)
        }
        parts += target.split(separator: "/").reversed()
        if target.hasPrefix("/") { try restart() }
      case .regular, .fifo, .socket, .device: throw fail(path, SystemError(errno: ENOTDIR), closing: entered)
      }
    }

    private func make(_ name: String, _ path: String, _ mode: mode_t) throws(FolderError) {
      let weakness = weaknesses.last ?? sharing
      if let weakness, rules.isGuarded, rules.rights == nil {
        close(current)
        throw .untrusted(path: path, weakness)
      }
      let rights = weakness == nil ? nil : rules.rights
      do throws(SystemError) {
        try FileRights.acting(as: rights) { () throws(SystemError) in
          if mkdirat(current, name, mode) < 0, errno != EEXIST { throw .last }
        }
      } catch {
        if let weakness, let rights {
          close(current)
          throw .refused(path: path, error, user: rights.user, weakness)
        }
        throw fail(path, error)
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

    /// Why others can replace names in the present folder. In a folder with the sticky bit they cannot: there each entry has to be looked
    /// at by itself.
    private var sharing: Weakness? {
      facts.isWritable(byOthersThan: geteuid()) && !isShared ? Weakness(path: place.isEmpty ? "/" : place, facts: facts) : nil
    }

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
    mutating func arrive() -> (descriptor: Int32, facts: FileFacts, weaknesses: [Weakness]) {
      if facts.isWritable(byOthersThan: geteuid()), !isShared { note(place.isEmpty ? "/" : place, facts) }
      return (current, facts, weaknesses)
    }
  }
}
