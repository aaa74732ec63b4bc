// Folders that are held open, and files in them, where others may write.

import Glibc
import Linux
import TestSupport
import Testing

@Suite struct FolderTests {
  private static let isRoot = geteuid() == 0
  /// The user "nobody", whose rights are none.
  private static let other: uid_t = 65534
  private static let rights = FileRights(user: other, group: other, groups: [other])

  private func made(_ path: String, _ mode: mode_t, owner: uid_t = geteuid()) throws -> String {
    try system { mkdir(path, 0o700) }
    if owner != geteuid() { try system { chown(path, owner, owner) } }
    try system { chmod(path, mode) }
    return path
  }

  @Test("a folder that others may write is weak, by its mode or by its owner; with the sticky bit it is not")
  func weakness() throws {
    let folder = try Folder()
    #expect(try OpenFolder(made("\(folder.path)/own", 0o755)).weakness == nil)
    let open = try made("\(folder.path)/open", 0o777)
    let weakness = try #require(try OpenFolder(open).weakness)
    #expect("\(weakness)" == "'\(open)' can be written by everybody")
    let below = try OpenFolder(made("\(open)/below", 0o700))
    #expect(below.weakness?.path == open)
    let sticky = try OpenFolder(made("\(folder.path)/sticky", 0o1777))
    #expect(sticky.weakness == nil && sticky.sharing != nil)
  }

  @Test("a folder of another user, or in whose place that user could put another, is weak", .enabled(if: isRoot))
  func owners() throws {
    let folder = try Folder()
    let theirs = try made("\(folder.path)/theirs", 0o755, owner: Self.other)
    #expect(try OpenFolder(theirs).weakness.map { "\($0)" } == "'\(theirs)' belongs to user \(Self.other)")
    #expect(try OpenFolder(made("\(theirs)/ours", 0o700)).weakness?.path == theirs)
    // Everybody may make folders where the sticky bit is, and the owner may rename what is below them.
    let sticky = try made("\(folder.path)/sticky", 0o1777)
    #expect(try OpenFolder(made("\(sticky)/theirs", 0o755, owner: Self.other)).weakness != nil)
    #expect(try OpenFolder(made("\(sticky)/ours", 0o755)).weakness == nil)
  }

  @Test("links are followed where only we could place them, one after another, and never without end")
  func links() throws {
    let folder = try Folder()
    let target = try made("\(folder.path)/target", 0o755)
    #expect(symlink("target", "\(folder.path)/first") == 0 && symlink("\(folder.path)/first", "\(folder.path)/second") == 0)
    #expect(symlink("loop", "\(folder.path)/loop") == 0)
    let held = try OpenFolder("\(folder.path)/second")
    #expect(FileFacts.of(held.descriptor)?.inode == FileFacts.of(target)?.inode)
    #expect(throws: FolderError.system(path: "\(folder.path)/loop", SystemError(errno: ELOOP))) { try OpenFolder("\(folder.path)/loop") }
    let open = try made("\(folder.path)/open", 0o777)
    #expect(symlink(target, "\(open)/link") == 0)
    #expect(throws: FolderError.self) { try OpenFolder("\(open)/link") }
    #expect(try OpenFolder("\(open)/link", FileRules(followsForeignLinks: true)).weakness?.path == open)
  }

  @Test("the last link of a path is followed to its target's folder; one that takes the file's place later is not")
  func places() throws {
    let folder = try Folder()
    let target = try made("\(folder.path)/target", 0o755)
    #expect(symlink("target/file", "\(folder.path)/link") == 0)
    guard case .file(let place) = try FilePlace.find("\(folder.path)/link", FileRules()) else { Issue.record("no file"); return }
    #expect(place.name == "file" && FileFacts.of(place.folder.descriptor)?.inode == FileFacts.of(target)?.inode)
    #expect(symlink("elsewhere", "\(target)/file") == 0)
    #expect(throws: FolderError.system(path: place.path, SystemError(errno: ELOOP))) { try place.open(O_WRONLY | O_CREAT) }
    #expect(names(in: target) == ["file"])
  }

  @Test(
    "names of our own descriptors are known, also through a link",
    arguments: [("/dev/stdout", 1), ("/dev/fd/7", 7), ("/proc/self/fd/2", 2)])
  func descriptors(_ path: String, _ number: Int32) throws {
    let folder = try Folder()
    #expect(symlink(path, "\(folder.path)/link") == 0)
    for path in [path, "\(folder.path)/link"] {
      guard case .descriptor(number) = try FilePlace.find(path, FileRules()) else { Issue.record("\(path)"); continue }
    }
  }

  @Test("with guarded rules root makes and writes nothing where others may, except with the rights of the user", .enabled(if: isRoot))
  func guarded() throws {
    let folder = try Folder()
    chmod(folder.path, 0o755)
    let theirs = try made("\(folder.path)/theirs", 0o755, owner: Self.other)
    for path in ["\(theirs)/file", "\(theirs)/new/file"] {
      #expect(throws: FolderError.self) { try FilePlace.find(path, FileRules(makesFolders: 0o700, isGuarded: true)) }
    }
    #expect(names(in: theirs) == [])
    let rules = FileRules(makesFolders: 0o700, isGuarded: true, rights: Self.rights)
    guard case .file(let place) = try FilePlace.find("\(theirs)/new/file", rules) else { return }
    close(try place.open(O_WRONLY | O_CREAT))
    #expect(FileFacts.of("\(theirs)/new")?.owner == Self.other && FileFacts.of("\(theirs)/new/file")?.owner == Self.other)
    // Another name of a file of root, and a file of yet another user: neither is written.
    let secret = try folder.write("secret", "secret", mode: 0o666)
    #expect(link(secret, "\(theirs)/second") == 0)
    _ = try folder.write("theirs/third", "", mode: 0o666)
    chmod("\(theirs)/third", 0o666)
    #expect(chown("\(theirs)/third", 12345, 12345) == 0)
    for name in ["second", "third"] {
      guard case .file(let place) = try FilePlace.find("\(theirs)/\(name)", rules) else { continue }
      #expect(throws: FolderError.self) { try place.open(O_WRONLY | O_APPEND) }
    }
  }

  @Test("in a folder with the sticky bit root writes its own files, and none that others have placed", .enabled(if: isRoot))
  func sticky() throws {
    let folder = try Folder()
    let shared = try made("\(folder.path)/shared", 0o1777)
    let rules = FileRules(isGuarded: true)
    #expect(symlink("\(folder.path)/secret", "\(shared)/link") == 0 && lchown("\(shared)/link", Self.other, Self.other) == 0)
    #expect(throws: FolderError.self) { try FilePlace.find("\(shared)/link", rules) }
    _ = try folder.write("shared/theirs", "")
    #expect(chown("\(shared)/theirs", Self.other, Self.other) == 0)
    for (name, isOurs) in [("theirs", false), ("ours", true)] {
      guard case .file(let place) = try FilePlace.find("\(shared)/\(name)", rules) else { continue }
      if isOurs { close(try place.open(O_WRONLY | O_CREAT)) } else { #expect(throws: FolderError.self) { try place.open(O_WRONLY) } }
    }
    #expect(names(in: folder.path) == ["shared"])
  }

  @Test("rights of another user hold for one thread, during one call, and for files alone", .enabled(if: isRoot))
  func rights() async throws {
    let folder = try Folder()
    let secret = try folder.write("secret", "secret", mode: 0o600)
    try await onThread {
      let opened = try? FileRights.acting(as: Self.rights) { () throws(SystemError) in
        #expect(geteuid() == 0)
        return try system { open(secret, O_RDONLY) }
      }
      #expect(opened == nil)
      let own = try system { open(secret, O_RDONLY) }
      close(own)
    }
    let file = open(secret, O_RDONLY)
    #expect(file >= 0)
    close(file)
  }

  @Test("temporary files have names that nobody can know; those of a killed process are removed, others' are not")
  func temporaries() throws {
    let folder = try Folder()
    let held = try OpenFolder(folder.path)
    let made = try (held.makeTemporary(for: "file"), held.makeTemporary(for: "file"))
    close(made.0.descriptor)
    close(made.1.descriptor)
    #expect(made.0.name != made.1.name)
    for name in [".file.x", ".other.1.tmp", "file.tmp"] { _ = try folder.write(name, "") }
    #expect(symlink("file.tmp", "\(folder.path)/.file.2.tmp") == 0)
    held.removeTemporaries(for: ["file"])
    #expect(names(in: folder.path) == [".file.2.tmp", ".file.x", ".other.1.tmp", "file.tmp"])
  }

  @Test("a file is replaced whole, whatever stands in its place")
  func replacing() throws {
    let folder = try Folder()
    _ = try folder.write("target", "old")
    #expect(symlink("target", "\(folder.path)/file") == 0)
    try OpenFolder(folder.path).replace("file", with: Array("new".utf8))
    #expect(contents("\(folder.path)/file") == "new" && contents("\(folder.path)/target") == "old")
    #expect(names(in: folder.path) == ["file", "target"])
  }
}
