// One Stoker per state directory.

import CLinux
import Glibc
import Linux

/// Holds a state directory for this process, until it is released or the process ends.
///
/// The lock is there twice: in the directory, and outside of it by the directory's name (`RuntimeFolder`), so that it is not lost with the
/// directory.
package final class StateLock: Sendable {
  /// The directory that is held.
  package let place: Place
  private let own: Held
  private let outside: [Held]

  /// A locked file.
  private struct Held {
    let folder: OpenFolder
    let descriptor: Int32
  }

  /// Locks the directory; creates it where it is missing (mode 0700). The file `lock` (0600) contains the holder's pid.
  /// - Parameters:
  ///   - trusts: Whether root uses a directory that everybody may write.
  ///   - runtimeDirectory: The value of `XDG_RUNTIME_DIR`.
  package init(
    directory: String, trusts: Bool = false, runtimeDirectory: String? = RuntimeFolder.userDirectory
  ) throws(StateLockError) {
    if !trusts, let weakness = Self.refused(FileTrust.weaknesses(ofFolder: directory)) {
      throw .untrusted(directory: directory, weakness)
    }
    var outside: [Held] = []
    do throws(StateLockError) {
      // A directory that is held and was moved away is not made again: it may come back.
      if FileFacts.of(directory) == nil { try Self.hold(outside: directory, runtimeDirectory, &outside) }
      let folder: OpenFolder
      do throws(FolderError) {
        folder = try OpenFolder(directory, makes: true)
      } catch {
        throw StateLockError.unreachable(error)
      }
      place = Place(directory: directory, folder: folder)
      own = Held(folder: folder, descriptor: try Self.hold(in: folder, of: directory))
      do throws(StateLockError) {
        try Self.hold(outside: directory, runtimeDirectory, &outside)
      } catch {
        Self.release(own.descriptor)
        throw error
      }
    } catch {
      outside.forEach(Self.give)
      throw error
    }
    self.outside = outside
  }

  /// The folder that makes root refuse a state directory: one that everybody may write.
  package static func refused(_ weaknesses: [OpenFolder.Weakness]) -> OpenFolder.Weakness? {
    geteuid() == 0 ? weaknesses.first(where: \.isForEverybody) : nil
  }

  /// Takes the locks outside of the directory: by its real name, and by the one that was given, which may lead elsewhere later.
  private static func hold(outside directory: String, _ runtimeDirectory: String?, _ held: inout [Held]) throws(StateLockError) {
    for open in [RuntimeFolder.open(stateDirectory:runtimeDirectory:), RuntimeFolder.open(named:runtimeDirectory:)] {
      // A holder that ends removes the folder.
      for _ in 0..<10 {
        guard let folder = open(directory, runtimeDirectory) else { break }
        if held.contains(where: { $0.folder.path == folder.path }) { break }
        do throws(StateLockError) {
          held.append(Held(folder: folder, descriptor: try hold(in: folder, of: directory)))
          break
        } catch .unreachable {
          continue
        }
      }
    }
  }

  private static func hold(in folder: OpenFolder, of directory: String) throws(StateLockError) -> Int32 {
    let path = "\(folder.path)/lock"
    while true {
      let opened: Int32
      do {
        opened = try folder.open("lock", O_RDWR | O_CREAT | O_NONBLOCK)
      } catch {
        throw .unreachable(.system(path: path, error))
      }
      guard let facts = FileFacts.of(opened), facts.kind == .regular, facts.isOwned(byRootOr: geteuid()) else {
        close(opened)
        throw .foreign(path: path)
      }
      // Reading is enough to hold a lock.
      if facts.mode & 0o077 != 0 { fchmod(opened, 0o600) }
      do {
        try take(opened)
      } catch {
        let holder = holder(of: opened)
        close(opened)
        throw error.errno == EWOULDBLOCK ? .held(directory: directory, holder: holder) : .unreachable(.system(path: path, error))
      }
      // Its last holder may have removed it after we opened it.
      guard folder.facts(of: "lock")?.isSame(as: facts) == true else {
        close(opened)
        continue
      }
      // The pid is for people and for the error above; the lock itself is the kernel's, so a full disk does not matter.
      let text = Array("\(getpid())\n".utf8)
      if ftruncate(opened, 0) == 0 { _ = text.withUnsafeBytes { writeAll($0, to: opened) } }
      return opened
    }
  }

  /// Takes the lock. If its holder is dead, waits: a child that was being spawned when its Stoker was killed
  /// has a copy of the descriptor until it executes, and until then no mark by which it could be recognised
  /// as a leftover. A child that does not get there is killed: its program's owner can hold it up without end.
  private static func take(_ descriptor: Int32) throws(SystemError) {
    var deadline = SuspendingClock().now + .seconds(5)
    var hasKilled = false
    while uninterrupted({ flock(descriptor, LOCK_EX | LOCK_NB) }) != 0 {
      let error = SystemError.last
      guard error.errno == EWOULDBLOCK, let proc = try? ProcReader(), let holder = holder(of: descriptor),
        proc.status(of: holder)?.isZombie ?? true || isEnding(holder)
      else { throw error }
      if SuspendingClock().now >= deadline {
        guard !hasKilled else { throw error }
        killHolders(of: descriptor, proc)
        (hasKilled, deadline) = (true, .now + .seconds(5))
      }
      usleep(10_000)
    }
  }

  /// Whether a process ends within a second: `kill -9` returns before its target is gone, and the next Stoker may start at once.
  private static func isEnding(_ pid: Int32) -> Bool {
    guard pid != getpid() else { return false }
    let pidfd = clinux_pidfd_open(pid)
    guard pidfd >= 0 else { return errno == ESRCH }
    defer { close(pidfd) }
    var request = pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)
    return poll(&request, 1, 1000) > 0
  }

  /// Kills the processes that have inherited the lock. Another Stoker that waits for it has the file open as well, and holds nothing.
  private static func killHolders(of descriptor: Int32, _ proc: borrowing ProcReader) {
    guard let lock = FileFacts.of(descriptor) else { return }
    for process in proc.processes() where process.pid != getpid() {
      let pidfd = clinux_pidfd_open(process.pid)
      guard pidfd >= 0 else { continue }
      defer { close(pidfd) }
      if holds(lock, process.pid) { _ = clinux_pidfd_signal(pidfd, SIGKILL) }
    }
  }

  private static func holds(_ lock: FileFacts, _ pid: Int32) -> Bool {
    guard let folder = try? OpenFolder("/proc/\(pid)/fd") else { return false }
    return folder.names().contains { name in
      var status = stat()
      guard fstatat(folder.descriptor, name, &status, 0) == 0, FileFacts(status).isSame(as: lock) else { return false }
      return isLocked(name, of: pid)
    }
  }

  /// Whether an open file of a process is locked by it.
  /// - Parameter name: The number of its descriptor.
  static func isLocked(_ name: String, of pid: Int32) -> Bool {
    let information = SmallFile.read("/proc/\(pid)/fdinfo/\(name)", bound: 4096) ?? []
    return String(decoding: information, as: UTF8.self).contains("FLOCK")
  }

  /// The pid in the file.
  private static func holder(of descriptor: Int32) -> Int32? {
    lseek(descriptor, 0, SEEK_SET)
    defer { lseek(descriptor, 0, SEEK_SET) }
    return SmallFile.read(descriptor, bound: 32).flatMap {
      Int32(String(decoding: $0.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }
  }

  /// A child that is being spawned has a copy of the descriptor until it executes; the lock must not live as long.
  private static func release(_ descriptor: Int32) {
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  /// Releases a lock outside of the directory, and removes it with its folder, if nothing else is there.
  private static func give(_ held: Held) {
    held.folder.remove("lock")
    rmdir(held.folder.path)
    release(held.descriptor)
  }

  deinit {
    outside.forEach(Self.give)
    Self.release(own.descriptor)
  }

  /// A directory as it was named, and as it is held wherever its path leads now; it outlives the lock.
  package struct Place: Sendable {
    package let directory: String
    fileprivate let folder: OpenFolder

    /// Whether the directory is still at its path: nil. May wait for its disk.
    package func loss() -> Loss? {
      var status = stat()
      guard stat(directory, &status) == 0 else {
        return [ENOENT, ENOTDIR].contains(errno) ? .gone : .unreachable(.last)
      }
      return FileFacts.of(folder.descriptor)?.isSame(as: FileFacts(status)) == true ? nil : .replaced
    }
  }

  /// Why the directory that is held is no longer at its path.
  package enum Loss: Hashable, Sendable {
    /// It was removed or renamed.
    case gone
    /// Another folder is there, or one is mounted over it.
    case replaced
    /// The path cannot be followed.
    case unreachable(SystemError)
  }
}

/// Why a state directory could not be locked.
package enum StateLockError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Another process has it; its pid, if that can be read.
  case held(directory: String, holder: Int32?)
  /// The directory cannot be created, or the lock cannot be opened.
  case unreachable(FolderError)
  /// The lock is another user's, or no file.
  case foreign(path: String)
  /// Everybody may write it, or a folder on its way.
  case untrusted(directory: String, OpenFolder.Weakness)

  /// In a sentence.
  package var description: String {
    switch self {
    case .held(let directory, let holder):
      "another Stoker\(holder.map { " (pid \($0))" } ?? "") is running with the state directory '\(directory)'"
    case .unreachable(let error): "cannot create or lock the state directory: \(error)"
    case .foreign(let path): "cannot lock the state directory: '\(path)' is not a file of this user"
    case .untrusted(let directory, let weakness):
      "root does not use the state directory '\(directory)', since \(weakness); mend that with 'chmod o-w \(weakness.path)', or use "
        + "--trust-files"
    }
  }
}
