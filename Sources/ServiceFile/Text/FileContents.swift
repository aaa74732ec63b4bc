// Whole small files, and pipes that are handed out in place of files.
import Glibc
import Linux

enum FileContents {
  /// The longest that the writer of a pipe may take, from the opening to the end.
  static let patience = Duration.seconds(10)

  /// Refuses what is no file of text, before it is opened: that sets some devices going. The null device is an empty file.
  static func refuse(_ path: String, takesPipes: Bool) throws(FileReadingError) {
    var status = stat()
    guard stat(path, &status) == 0 else { return }
    let kind = FileFacts(status).kind
    let isRefused =
      switch kind {
      case .fifo: !takesPipes
      case .socket: true
      case .device: status.st_rdev != nullDevice
      // Reading a folder has its own error.
      case .regular, .folder, .link: false
      }
    if isRefused { throw .kind(kind) }
  }

  /// The number of `/dev/null`: 1 and 3, as makedev(3) joins them.
  private static let nullDevice: dev_t = 1 << 8 | 3

  /// The bytes of the file at `path`, at most `limit` and one more, which shows the caller that the file is larger.
  static func read(_ path: String, limit: Int) throws(FileReadingError) -> [UInt8] {
    // Without O_NONBLOCK, opening a FIFO without a writer would block.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw .system(.last) }
    defer { close(descriptor) }
    return try read(descriptor, limit: limit)
  }

  /// The same of an open file that does not block. A pipe is read to its end, which its writer makes; a pipe without a writer is waited for.
  static func read(_ descriptor: Int32, limit: Int, patience: Duration = patience) throws(FileReadingError) -> [UInt8] {
    let isPipe = FileFacts.of(descriptor)?.kind == .fifo
    let deadline = SuspendingClock().now + patience
    var bytes: [UInt8] = []
    // Until its first writer has come, a pipe reads as if it had ended.
    var waits = isPipe
    while bytes.count <= limit {
      if waits { try wait(for: descriptor, until: deadline, patience) }
      var failure: Int32 = 0
      let wanted = min(65536, limit + 1 - bytes.count)
      let part = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
        let got = uninterrupted { Glibc.read(descriptor, buffer.baseAddress, wanted) }
        if got < 0 { failure = errno }
        count = max(0, got)
      }
      waits = isPipe || failure == EAGAIN
      if failure == EAGAIN { continue }
      if failure != 0 { throw .system(SystemError(errno: failure)) }
      if part.isEmpty { break }
      bytes += part
    }
    if isPipe, bytes.isEmpty { throw .nothing }
    return bytes
  }

  /// Waits until there is something to read, or the end.
  private static func wait(for descriptor: Int32, until deadline: SuspendingClock.Instant, _ patience: Duration) throws(FileReadingError) {
    var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while true {
      let left = deadline - SuspendingClock().now
      guard left > .zero else { throw .endless(patience) }
      let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
      let ready = poll(&request, 1, Int32(clamping: milliseconds + 1))
      if ready > 0 { return }
      if ready < 0, errno != EINTR { throw .system(.last) }
    }
  }
}

/// Why the content of a file is not known.
enum FileReadingError: Error, Equatable, CustomStringConvertible {
  case system(SystemError)
  /// The way to it leads through a link that is not followed.
  case folder(FolderError)
  /// It is no regular file.
  case kind(FileFacts.Kind)
  /// A pipe had no end within this time.
  case endless(Duration)
  /// A pipe ended without a byte.
  case nothing

  var description: String {
    switch self {
    case .system(let error): "\(error)"
    case .folder(.system(_, let error)): "\(error)"
    case .folder(let error): "\(error)"
    case .kind(.fifo): "it is a named pipe, not a regular file"
    case .kind(.socket): "it is a socket, not a regular file"
    case .kind: "it is a device, not a regular file"
    case .endless(let time): "it is a pipe, and its writer did not write and close it within \(time.components.seconds) s"
    case .nothing: "it is a pipe, and its writer closed it without writing anything"
    }
  }

  /// The errno; 0 where the system gave none.
  var errno: Int32 {
    switch self {
    case .system(let error): error.errno
    case .folder(let error): error.errno
    case .kind, .endless, .nothing: 0
    }
  }
}
