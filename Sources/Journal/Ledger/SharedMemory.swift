// A piece of memory that outlives its process.

import Glibc

/// A piece of shared memory with a name, for this user alone.
final class SharedMemory {
  let name: String
  private let file: Int32
  private(set) var start: UnsafeMutableRawPointer
  private(set) var bytes: Int

  /// Opens what is there. nil: nothing is.
  static func existing(_ name: String) throws(LedgerError) -> SharedMemory? {
    let file = shm_open(name, O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0)
    guard file >= 0 else {
      guard errno == ENOENT else { throw .unavailable(step: "shm_open", errno: errno) }
      return nil
    }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o777 == 0o600, status.st_uid == geteuid(),
      status.st_nlink == 1
    else {
      close(file)
      throw .notOurs(name: name)
    }
    guard status.st_size > 0 else {
      // Its maker was killed before there was anything in it.
      close(file)
      return nil
    }
    return try SharedMemory(name: name, file: file, bytes: Int(status.st_size))
  }

  /// Makes a new one, in place of one that is there.
  static func make(_ name: String, bytes: Int) throws(LedgerError) -> SharedMemory {
    _ = shm_unlink(name)
    let file = shm_open(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .unavailable(step: "shm_open", errno: errno) }
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

  /// Makes it larger: what is new is zero.
  func grow(to bytes: Int) throws(LedgerError) {
    try Self.reserve(bytes, of: file)
    let larger = try Self.map(file, bytes)
    munmap(start, self.bytes)
    start = larger
    self.bytes = bytes
  }

  func unlink() { _ = shm_unlink(name) }

  /// Memory that is only promised would end the process with SIGBUS when there turns out to be none.
  private static func reserve(_ bytes: Int, of file: Int32) throws(LedgerError) {
    var error = EINTR
    while error == EINTR { error = posix_fallocate(file, 0, off_t(bytes)) }
    guard error == 0 else { throw .unavailable(step: "posix_fallocate", errno: error) }
  }

  private static func map(_ file: Int32, _ bytes: Int) throws(LedgerError) -> UnsafeMutableRawPointer {
    guard let start = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), start != MAP_FAILED else {
      throw .unavailable(step: "mmap", errno: errno)
    }
    return start
  }
}
