// The file of a log: written to, put aside when it is full, created again when it has vanished.

import Glibc
import Linux

/// The present file of one log.
struct LogFile: ~Copyable {
  let path: String
  var maxSize: UInt64 = .max
  private let rotation: LogRotation
  /// Has old files packed, on another thread.
  private let pack: @Sendable () -> Void
  private var isKnown = false
  /// The error of the last failed attempt.
  private(set) var error = SystemError(errno: EIO)

  private var descriptor: Int32 = -1
  private var device: dev_t = 0
  private var inode: ino_t = 0
  private var size: UInt64 = 0
  /// Whether it is a regular file: only such can be put aside.
  private var isRegular = false
  /// Whether the last byte that we wrote ended a line.
  private(set) var isAtLineStart = true

  init(path: String, rotation: LogRotation, pack: @escaping @Sendable () -> Void) {
    self.path = path
    self.rotation = rotation
    self.pack = pack
  }

  deinit {
    if descriptor >= 0 { _ = Glibc.close(descriptor) }
  }

  /// Writes as many bytes as possible, and puts full files aside; returns the number of bytes. Needs a call
  /// of `prepare` before.
  mutating func write(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard descriptor >= 0 else { return 0 }
    var written = 0
    // A full file that cannot be put aside grows on: better than to lose output.
    var mustGrow = false
    while written < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
      let part = isRegular && !mustGrow ? partThatFits(rest) : rest.count
      let count = writeAll(UnsafeRawBufferPointer(rebasing: rest[0..<part]), to: descriptor)
      written += count
      size += UInt64(count)
      if count > 0 { isAtLineStart = rest[count - 1] == UInt8(ascii: "\n") }
      guard count == part else {
        error = .last
        break
      }
      if written < bytes.count {
        guard rotate() else { break }
        mustGrow = size > 0
      }
    }
    return written
  }

  /// The bytes that go into the present file: all, or up to the last line that fits. A line longer than a
  /// file is cut.
  private func partThatFits(_ bytes: UnsafeRawBufferPointer) -> Int {
    let room = maxSize > size ? Int(min(maxSize - size, UInt64(Int.max))) : 0
    if bytes.count <= room { return bytes.count }
    if let newline = bytes.lastNewline(before: room) { return newline + 1 }
    return isAtLineStart && size > 0 ? 0 : room
  }

  private mutating func rotate() -> Bool {
    close()
    if rotation.rotate() { pack() }
    return open()
  }

  /// Opens the file that the path names now, if it is another: checked before each write, since people remove
  /// and move log files. False if it cannot be opened.
  mutating func prepare() -> Bool {
    guard descriptor >= 0 else { return open() }
    var status = stat()
    if stat(path, &status) == 0, status.st_ino == inode, status.st_dev == device {
      guard isRegular else { return true }
      // Smaller if it was truncated.
      size = UInt64(max(0, status.st_size))
      if size == 0 { isAtLineStart = true }
      return true
    }
    close()
    return open()
  }

  private mutating func open() -> Bool {
    // O_NONBLOCK: does not wait for a reader if the path names a pipe.
    let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
    var opened = Glibc.open(path, flags, 0o600)
    if opened < 0, errno == ENOENT, let parent = Directories.parent(of: path), (try? Directories.make(parent)) != nil {
      opened = Glibc.open(path, flags, 0o600)
    }
    guard opened >= 0 else {
      error = .last
      return false
    }
    var status = stat()
    guard fstat(opened, &status) == 0 else {
      error = .last
      Glibc.close(opened)
      return false
    }
    descriptor = opened
    device = status.st_dev
    inode = status.st_ino
    size = UInt64(max(0, status.st_size))
    isRegular = status.st_mode & S_IFMT == S_IFREG
    isAtLineStart = size == 0 || !isRegular || endsWithNewline()
    // A killed predecessor may have left files to pack.
    if !isKnown, isRegular { pack() }
    isKnown = true
    return true
  }

  /// A predecessor that was killed may have left half a line.
  private func endsWithNewline() -> Bool {
    let reading = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
    guard reading >= 0 else { return true }
    defer { Glibc.close(reading) }
    var byte: UInt8 = 0
    return pread(reading, &byte, 1, off_t(size) - 1) != 1 || byte == UInt8(ascii: "\n")
  }

  private mutating func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }
}
