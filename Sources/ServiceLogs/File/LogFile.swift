// The file of a log: written to, put aside when it is full, created again when it has vanished; or what several logs share in its place.

import Glibc
import Linux

/// The present file of one log.
struct LogFile: ~Copyable {
  let path: String
  var maxSize: UInt64 = .max
  /// The rights of the service's user, for a folder in which others than root can write.
  private var rights: FileRights?
  /// Folders on the way that are not made again.
  private let spared: [String]
  private let rotation: LogRotation
  private let sinks: StreamSinks
  /// The file in its place, where several logs write to one.
  private let shared: SharedFile?
  /// The log's own mark among those that write to the same thing.
  private let mark = LogMark()
  /// Has old files packed, on another thread.
  private let pack: @Sendable () -> Void
  private var isKnown = false
  /// The error of the last failed attempt.
  private(set) var error: FolderError

  private var descriptor: Int32 = -1
  private var kind = Kind.other
  private var device: dev_t = 0
  private var inode: ino_t = 0
  private var size: UInt64 = 0
  /// Whether the last byte that we wrote into the file ended a line.
  private var endsLine = true

  /// The kind of the open file.
  private enum Kind {
    /// A regular file: only such can be put aside.
    case regular(FilePlace)
    /// A device or a pipe, by its path.
    case other
    /// A descriptor that we were started with, which other logs may share.
    case stream(StreamSink)
  }

  init(
    path: String, sparing spared: [String], rotation: LogRotation, sinks: StreamSinks, shared: SharedFile? = nil,
    pack: @escaping @Sendable () -> Void
  ) {
    self.path = path
    self.shared = shared
    self.spared = spared
    self.rotation = rotation
    self.sinks = sinks
    self.pack = pack
    error = .system(path: path, SystemError(errno: EIO))
  }

  deinit {
    if descriptor >= 0 { _ = Glibc.close(descriptor) }
  }

  /// Sets the rights for the next file; a file that was opened with others is opened again.
  mutating func act(as rights: FileRights?) {
    guard rights != self.rights else { return }
    self.rights = rights
    close()
  }

  // MARK: Writing

  /// The stream, where the log goes to one: what is written is queued there, for the caller to flush.
  var sink: StreamSink? {
    if case .stream(let sink) = kind { sink } else { nil }
  }

  /// Its name as a writer of a stream or a shared file.
  private var writer: ObjectIdentifier { ObjectIdentifier(mark) }

  /// Whether the next byte begins a line.
  var isAtLineStart: Bool { shared?.isAtLineStart ?? sink?.isAtLineStart ?? endsLine }

  /// Whether another log has written to the same thing since.
  var isInterrupted: Bool { shared?.isInterrupted(writer) ?? sink?.isInterrupted(writer) ?? false }

  /// Writes as many bytes as possible, and puts full files aside; returns the number of bytes. Needs a call
  /// of `prepare` before. `progress` is called with each file that was put aside.
  mutating func write(_ bytes: UnsafeRawBufferPointer, _ progress: () -> Void) -> Int {
    if let shared {
      let (count, error) = shared.write(bytes, by: writer, progress)
      if let error { self.error = error }
      return count
    }
    if let sink {
      sink.append(bytes, by: writer)
      return bytes.count
    }
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
      if count > 0 { endsLine = rest[count - 1] == UInt8(ascii: "\n") }
      guard count == part else {
        error = .system(path: path, .last)
        break
      }
      if written < bytes.count {
        guard rotate() else { break }
        progress()
        mustGrow = size > 0
      }
    }
    return written
  }

  private var isRegular: Bool {
    if case .regular = kind { true } else { false }
  }

  /// The bytes that go into the present file: all, or up to the last line that fits. A line longer than a
  /// file is cut.
  private func partThatFits(_ bytes: UnsafeRawBufferPointer) -> Int {
    let room = maxSize > size ? Int(min(maxSize - size, UInt64(Int.max))) : 0
    if bytes.count <= room { return bytes.count }
    if let newline = bytes.lastNewline(before: room) { return newline + 1 }
    return endsLine && size > 0 ? 0 : room
  }

  // MARK: Opening

  private mutating func rotate() -> Bool {
    guard case .regular(let place) = kind else { return true }
    close()
    if rotation.rotate() { pack() }
    do {
      try open(place)
      return true
    } catch {
      self.error = error
      return false
    }
  }

  /// Opens the file that the path names now, if it is another: checked before each write, since people remove
  /// and move log files. False if it cannot be opened.
  mutating func prepare() -> Bool {
    if let shared {
      guard let error = shared.prepare(maxSize, rights) else { return true }
      self.error = error
      return false
    }
    if sink != nil { return true }
    guard descriptor >= 0 else { return open() }
    var status = stat()
    // A link that others have placed leads nowhere: it is another file, and that is not opened.
    if stat(path, &status) == 0, status.st_ino == inode, status.st_dev == device {
      guard isRegular else { return true }
      // Smaller if it was truncated.
      size = UInt64(max(0, status.st_size))
      if size == 0 { endsLine = true }
      return true
    }
    let former = descriptor
    if open() {
      Glibc.close(former)
      return true
    }
    // A folder that was moved away has taken its log along, and may be put back with it.
    if error.errno == ENOENT, fstat(former, &status) == 0, status.st_nlink > 0 { return true }
    close()
    return false
  }

  private mutating func open() -> Bool {
    do throws(FolderError) {
      switch try FilePlace.find(path, .log(rights, sparing: spared)) {
      case .file(let place): try open(place)
      case .descriptor(let number): try open(stream: number)
      }
      return true
    } catch {
      self.error = error
      return false
    }
  }

  private mutating func open(_ place: FilePlace) throws(FolderError) {
    // O_NONBLOCK: does not wait for a reader if the path names a pipe.
    let opened = try place.open(O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_NONBLOCK)
    var status = stat()
    guard fstat(opened, &status) == 0 else {
      let error = SystemError.last
      Glibc.close(opened)
      throw .system(path: path, error)
    }
    descriptor = opened
    device = status.st_dev
    inode = status.st_ino
    size = UInt64(max(0, status.st_size))
    kind = status.st_mode & S_IFMT == S_IFREG ? .regular(place) : .other
    endsLine = size == 0 || !isRegular || endsWithNewline(place)
    rotation.follow(isRegular ? place : nil)
    // A killed predecessor may have left files to pack.
    if !isKnown, isRegular { pack() }
    isKnown = true
  }

  private mutating func open(stream number: Int32) throws(FolderError) {
    do {
      kind = .stream(try sinks.sink(for: number))
      descriptor = -1
      rotation.follow(nil)
    } catch {
      throw .system(path: path, error)
    }
  }

  /// A predecessor that was killed may have left half a line.
  private func endsWithNewline(_ place: FilePlace) -> Bool {
    guard let reading = try? place.open(O_RDONLY | O_NOCTTY | O_NONBLOCK) else { return true }
    defer { Glibc.close(reading) }
    var byte: UInt8 = 0
    return pread(reading, &byte, 1, off_t(size) - 1) != 1 || byte == UInt8(ascii: "\n")
  }

  private mutating func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
    if sink != nil { kind = .other }
  }
}

/// The mark of one log.
private final class LogMark: Sendable {}

extension FileRules {
  /// The rules for logs. As root nothing is written where others can replace names, except with the rights of the service's user.
  static func log(_ rights: FileRights?, sparing spared: [String]) -> FileRules {
    var rules = FileRules(makesFolders: 0o700, isGuarded: geteuid() == 0, rights: rights, followsForeignLinks: geteuid() != 0)
    rules.spared = spared
    return rules
  }
}
