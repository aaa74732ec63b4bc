// One Stoker per state directory.

import Glibc
import Linux

/// Holds a state directory for this process, until it is released or the process ends.
package final class StateLock: Sendable {
  private let descriptor: Int32

  /// Locks the directory; creates it where it is missing (mode 0700). Its file `lock` (0600) contains the
  /// holder's pid.
  package init(directory: String) throws(StateLockError) {
    do {
      try Directories.make(directory)
    } catch {
      throw .unusable(path: directory, error)
    }
    let path = "\(directory)/lock"
    let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard opened >= 0 else { throw .unusable(path: path, .last) }
    do {
      try Self.take(opened)
    } catch {
      let holder = Self.holder(of: opened)
      close(opened)
      throw error.errno == EWOULDBLOCK ? .held(directory: directory, holder: holder) : .unusable(path: path, error)
    }
    // The pid is for people and for the error above; the lock itself is the kernel's, so a full disk does not
    // matter.
    let text = Array("\(getpid())\n".utf8)
    if ftruncate(opened, 0) == 0 { _ = text.withUnsafeBytes { writeAll($0, to: opened) } }
    descriptor = opened
  }

  /// Takes the lock. If its holder is dead, waits: a child that was being spawned when its Stoker was killed
  /// has a copy of the descriptor until it executes, and until then no mark by which it could be recognised
  /// as a leftover.
  private static func take(_ descriptor: Int32) throws(SystemError) {
    let deadline = SuspendingClock().now + .seconds(5)
    while uninterrupted({ flock(descriptor, LOCK_EX | LOCK_NB) }) != 0 {
      let error = SystemError.last
      let isHolderDead = holder(of: descriptor).map { kill($0, 0) != 0 && errno == ESRCH } ?? false
      guard error.errno == EWOULDBLOCK, isHolderDead, SuspendingClock().now < deadline else { throw error }
      usleep(10_000)
    }
  }

  /// The pid in the file.
  private static func holder(of descriptor: Int32) -> Int32? {
    lseek(descriptor, 0, SEEK_SET)
    defer { lseek(descriptor, 0, SEEK_SET) }
    return SmallFile.read(descriptor, bound: 32).flatMap {
      Int32(String(decoding: $0.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }
  }

  deinit {
    // A child that is being spawned has a copy of the descriptor until it executes; the lock must not live as
    // long.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}

/// Why a state directory could not be locked.
package enum StateLockError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Another process has it; its pid, if that can be read.
  case held(directory: String, holder: Int32?)
  /// The directory cannot be created, or the lock cannot be opened.
  case unusable(path: String, SystemError)

  /// In a sentence.
  package var description: String {
    switch self {
    case .held(let directory, let holder):
      "another Stoker\(holder.map { " (pid \($0))" } ?? "") is running with the state directory '\(directory)'"
    case .unusable(let path, let error): "cannot create or lock the state directory: '\(path)': \(error)"
    }
  }
}
