// Files by their folder, which is held open.

import Glibc

/// A file by its folder, held open, and its name in it. Symbolic links on the way, and the last one, have been followed; one that takes
/// the file's place later is not.
package struct FilePlace: Sendable {
  package let folder: OpenFolder
  package let name: String
  /// The rights with which files are opened, renamed and removed; nil: ours.
  package let rights: FileRights?
  private let rules: FileRules

  /// The thing that a path names.
  package enum Target: Sendable {
    case file(FilePlace)
    /// A descriptor of this process, by a name like `/dev/stdout`.
    case descriptor(Int32)
  }

  /// Finds the target of a path. Opens its folder, and makes it if the rules say so.
  package static func find(_ path: String, _ rules: FileRules) throws(FolderError) -> Target {
    var path = path
    for _ in 0...FileRules.linkBound {
      if let number = descriptor(named: path) { return .descriptor(number) }
      let name = path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
      guard !["", ".", ".."].contains(name) else { throw .system(path: path, SystemError(errno: EISDIR)) }
      let folder = try OpenFolder(Directories.parent(of: path) ?? ".", rules)
      guard let facts = folder.facts(of: name), facts.kind == .link else { return .file(try FilePlace(folder, name, rules)) }
      if !rules.followsForeignLinks, let weakness = folder.weakness(of: facts) { throw .foreignLink(path: path, weakness) }
      guard let target = SymbolicLink.target(at: folder.descriptor, name) else { throw .system(path: path, .last) }
      path = target.hasPrefix("/") ? target : "\(folder.path)/\(target)"
    }
    throw .system(path: path, SystemError(errno: ELOOP))
  }

  private init(_ folder: OpenFolder, _ name: String, _ rules: FileRules) throws(FolderError) {
    if rules.isGuarded, rules.rights == nil, let weakness = folder.weakness { throw .untrusted(path: "\(folder.path)/\(name)", weakness) }
    self.folder = folder
    self.name = name
    self.rules = rules
    rights = folder.weakness == nil ? nil : rules.rights
  }

  /// The path, without links at its end.
  package var path: String { folder.path == "/" ? "/\(name)" : "\(folder.path)/\(name)" }

  /// The number of a descriptor that a path names, as shells do: the names need no /proc, and an entry of /proc cannot always be opened.
  package static func descriptor(named path: String) -> Int32? {
    switch path {
    case "/dev/stdout": return 1
    case "/dev/stderr": return 2
    default:
      guard let folder = ["/dev/fd/", "/proc/self/fd/"].first(where: { path.hasPrefix($0) }) else { return nil }
      return Int32(path.dropFirst(folder.utf8.count)).flatMap { $0 >= 0 ? $0 : nil }
    }
  }

  /// The owner of the files that are made here.
  package var writer: uid_t { rights?.user ?? geteuid() }

  // MARK: Files

  /// Works in the folder with the rights of this place.
  package func acting<Result>(_ body: (OpenFolder) throws(SystemError) -> Result) throws(SystemError) -> Result {
    try FileRights.acting(as: rights) { () throws(SystemError) in try body(folder) }
  }

  /// Opens the file, or makes it; refuses one that others have placed. Never waits for the other end of a pipe with O_NONBLOCK.
  package func open(_ flags: Int32, mode: mode_t = 0o600) throws(FolderError) -> Int32 {
    let opened: Int32
    do {
      opened = try acting { (folder) throws(SystemError) in try folder.open(name, flags, mode: mode) }
    } catch {
      if let rights, let weakness = folder.weakness { throw .refused(path: path, error, user: rights.user, weakness) }
      throw .system(path: path, error)
    }
    guard let facts = FileFacts.of(opened), isOurs(facts) else {
      close(opened)
      throw .foreignFile(path: path, folder.sharing ?? OpenFolder.Weakness(path: folder.path, facts: folder.facts))
    }
    return opened
  }

  /// Whether a file may be written, read and removed: everything where only root and we make files; elsewhere regular files with one name
  /// that belong to root, to us or to the user of the rules.
  package func isOurs(_ facts: FileFacts) -> Bool {
    guard rules.isGuarded, folder.sharing != nil else { return true }
    return facts.kind == .regular && facts.links <= 1 && (facts.isOwned(byRootOr: geteuid()) || facts.owner == rules.rights?.user)
  }
}
