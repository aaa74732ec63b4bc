// Memory that outlives its process.

import Glibc
import Linux

/// Named shared memory, for this user alone.
final class SharedMemory {
  let name: String
  private let file: Int32
  private(set) var start: UnsafeMutableRawPointer
  private(set) var bytes: Int

  /// Opens existing memory; nil if there is none.
  static func existing(_ name: String) throws(LedgerError) -> SharedMemory? {
    let file = shm_open(name, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0)
    guard file >= 0 else {
      switch errno {
      case ENOENT: return nil
      case EACCES, ELOOP: throw .notOurs(name: name)
      default: throw .unavailable(step: "shm_open", .last)
      }
    }
    guard let facts = FileFacts.of(file), facts.kind == .regular, facts.mode == 0o600, facts.owner == geteuid(), facts.links == 1 else {
      close(file)
      throw .notOurs(name: name)
    }
    // Empty: the process that made it was killed before it wrote anything.
    guard facts.size > 0, facts.size <= LedgerLayout.largest else {
      close(file)
      return nil
    }
    let bytes = Int(facts.size)
    do {
      try reserve(bytes, of: file)
    } catch {
      close(file)
      throw error
    }
    return try SharedMemory(name: name, file: file, bytes: bytes)
  }

  /// Makes new memory, in place of any existing one.
  static func make(_ name: String, bytes: Int) throws(LedgerError) -> SharedMemory {
    _ = shm_unlink(name)
    let file = shm_open(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      // Another user's cannot be removed.
      throw errno == EEXIST ? .notOurs(name: name) : .unavailable(step: "shm_open", .last)
    }
    do {
      try reserve(bytes, of: file)
    } catch {
      close(file)
      _ = shm_unlink(name)
      throw error
    }
    return try SharedMemory(name: name, file: file, bytes: bytes)
  }

  private init(name: String, file: Int32, bytes: Int) throws(LedgerError) {
    self.name = name
    self.file = file
    self.bytes = bytes
    do {
      start = try Self.map(file, bytes)
    } catch {
      close(file)
      throw error
    }
  }

  deinit {
    munmap(start, bytes)
    close(file)
  }

  /// Makes it larger; new bytes are zero.
  func grow(to bytes: Int) throws(LedgerError) {
    try Self.reserve(bytes, of: file)
    let larger = try Self.map(file, bytes)
    munmap(start, self.bytes)
    start = larger
    self.bytes = bytes
  }

  func unlink() { _ = shm_unlink(name) }

  /// Removes memory that belongs to our user, whatever is in it.
  static func removeOurs(_ name: String) {
    if let facts = FileFacts.of("/dev/shm\(name)"), facts.owner == geteuid() { _ = shm_unlink(name) }
  }

  /// Reserves the memory: without that, a full file system would end the process with SIGBUS at a store.
  private static func reserve(_ bytes: Int, of file: Int32) throws(LedgerError) {
    var error = EINTR
    while error == EINTR { error = posix_fallocate(file, 0, off_t(bytes)) }
    guard error == 0 else { throw .unavailable(step: "posix_fallocate", SystemError(errno: error)) }
  }

  private static func map(_ file: Int32, _ bytes: Int) throws(LedgerError) -> UnsafeMutableRawPointer {
    guard let start = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), start != MAP_FAILED else {
      throw .unavailable(step: "mmap", .last)
    }
    return start
  }
}
