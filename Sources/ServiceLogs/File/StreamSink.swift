// One standard output of ours, shared by all logs that go there.
//
// Everything passes through one queue, so nothing overtakes the output that waits for a slow reader, and no line of one service ends up
// inside a line of another. Parts of at most a page are written, at the ends of lines: a pipe takes such a part as a whole or not at all,
// so lines of up to a page do not mix with those that other writers of the same pipe write, such as Stoker's own log.

import Glibc
import Linux
import Synchronization

/// A descriptor that we were started with, and the output that waits for its reader.
final class StreamSink: Sendable {
  /// The result of a write.
  enum Flush {
    /// Everything is written.
    case written
    /// The reader is slower: the descriptor has to be writable before more is written.
    case waiting
    /// Nobody will read so many bytes.
    case lost(Int, SystemError)
  }

  private struct State {
    /// Output in its order; the first `sent` bytes are written.
    var queue: [UInt8] = []
    var sent = 0
    /// Whether the last byte of the queue, or before it, ended a line.
    var endsLine = true
    /// The same of what is written.
    var sentEndsLine = true
    /// The log that wrote last.
    var writer: ObjectIdentifier?
  }

  let descriptor: Int32
  /// The device that its logs are on: they wait together, and no other log with them.
  let device: UInt64
  /// Whether the descriptor is the other holders' open file too, so that it cannot be told not to wait.
  private let mayWait: Bool
  private let state = Mutex(State())

  /// The most that a pipe takes as a whole or not at all (PIPE_BUF).
  private static let partSize = 4096
  /// The memory that is kept between two pieces.
  private static let keptSize = 256 * 1024

  init(_ number: Int32, device: UInt64) throws(SystemError) {
    (descriptor, mayWait) = try InheritedStream.open(number)
    self.device = device
  }

  deinit { close(descriptor) }

  /// Whether the next byte begins a line.
  var isAtLineStart: Bool { state.withLock { $0.endsLine } }

  /// Whether another log has written since this one did.
  func isInterrupted(_ writer: ObjectIdentifier) -> Bool { state.withLock { $0.writer != writer } }

  /// Queues output. A log queues a whole piece before any of it is sent.
  func append(_ bytes: UnsafeRawBufferPointer, by writer: ObjectIdentifier) {
    guard let last = bytes.last else { return }
    state.withLock { state in
      state.queue += bytes
      state.endsLine = last == UInt8(ascii: "\n")
      state.writer = writer
    }
  }

  /// Writes what is queued, as far as there is room.
  func flush() -> Flush {
    state.withLock { state in
      let error = send(&state)
      guard state.sent < state.queue.count else {
        Self.clear(&state)
        return .written
      }
      guard let error else { return .waiting }
      return .lost(Self.clear(&state), error)
    }
  }

  /// Drops what is queued; returns the number of bytes.
  func drop() -> Int { state.withLock { Self.clear(&$0) } }

  @discardableResult
  private static func clear(_ state: inout State) -> Int {
    defer {
      // Room for a usual piece is kept; a reader that was slow has left more.
      state.queue.removeAll(keepingCapacity: state.queue.count <= keptSize)
      state.sent = 0
      state.endsLine = state.sentEndsLine
    }
    return state.queue.count - state.sent
  }

  /// Sends parts until there is no room; the error, if it is another one.
  private func send(_ state: inout State) -> SystemError? {
    var (sent, endsLine) = (state.sent, state.sentEndsLine)
    defer { (state.sent, state.sentEndsLine) = (sent, endsLine) }
    return state.queue.withUnsafeBytes { queue in
      while sent < queue.count {
        let part = Self.part(UnsafeRawBufferPointer(rebasing: queue[sent...]))
        guard isWritable else { return nil }
        let count = writeAll(part, to: descriptor)
        let error = errno
        if count > 0 { endsLine = part[count - 1] == UInt8(ascii: "\n") }
        sent += count
        guard count == part.count else { return error == EAGAIN ? nil : SystemError(errno: error) }
      }
      return nil
    }
  }

  /// The next bytes to write: whole lines, unless the first is longer than a part or not finished.
  private static func part(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    let most = min(bytes.count, partSize)
    return UnsafeRawBufferPointer(rebasing: bytes[0..<(bytes.lastNewline(before: most).map { $0 + 1 } ?? most)])
  }

  /// Whether a write would not wait. A pipe or socket that can be written to takes a page; only if another writer is quicker we wait, and
  /// the log's thread is replaced.
  private var isWritable: Bool {
    guard mayWait else { return true }
    var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return uninterrupted { poll(&entry, 1, 0) } > 0
  }
}
