// Writes log lines from a thread of its own, so that whoever logs never waits for a terminal, a pipe or a disk.

import Glibc
import ServiceLogs
import Synchronization

/// A bounded queue of bytes before one descriptor, and the thread that empties it.
///
/// Supervision logs from its one loop: a terminal stopped with Ctrl-S, or a log collector that hangs, must not keep it from seeing an exit.
/// What does not fit is dropped and counted, and the count is written when there is room again.
final class LogWriter: Sendable {
  private struct Queue {
    var bytes: [UInt8] = []
    /// What is said once the footer is ending stands below what stays of it.
    var below: [UInt8] = []
    var dropped = 0
    var isClosed = false
  }

  private let queue = Mutex(Queue())
  private let descriptor: Int32
  private let droppedLine: @Sendable (Int) -> [UInt8]
  private let footer: LiveFooter?
  private let bell: Pipe
  private let end: Pipe

  /// So often the footer is drawn anew, in milliseconds.
  private static let redrawing: Int32 = 100
  /// More than a screen's worth for each of thousand services.
  private static let limit = 1 << 20

  /// Starts the thread.
  /// - Parameters:
  ///   - footer: What is drawn below the log, on a terminal.
  ///   - droppedLine: The line that says how many were dropped.
  init(descriptor: Int32, footer: LiveFooter? = nil, droppedLine: @escaping @Sendable (Int) -> [UInt8]) throws(Failure) {
    self.descriptor = descriptor
    self.footer = footer
    self.droppedLine = droppedLine
    bell = try Pipe()
    end = try Pipe()
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { context in
        if let context { Unmanaged<LogWriter>.fromOpaque(context).takeRetainedValue().work() }
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    guard code == 0 else { throw Failure(.failure, "cannot start the log's thread: \(String(cString: strerror(code)))") }
    pthread_detach(thread)
  }

  /// Queues one line, with its newline. Never blocks.
  func write(_ line: [UInt8]) {
    let isBelow = footer?.isEnding ?? false
    let wasEmpty = queue.withLock { queue in
      guard !queue.isClosed else { return false }
      let count = queue.bytes.count + queue.below.count
      guard count + line.count <= Self.limit else {
        queue.dropped += 1
        return false
      }
      if isBelow { queue.below += line } else { queue.bytes += line }
      return count == 0
    }
    if wasEmpty { bell.ring() }
  }

  /// Writes what is queued and ends the thread; gives up after two seconds, when nobody reads.
  func close() {
    queue.withLock { $0.isClosed = true }
    bell.ring()
    var ended = pollfd(fd: end.readEnd, events: Int16(POLLIN), revents: 0)
    while poll(&ended, 1, 2000) < 0, errno == EINTR {}
  }

  private func work() {
    var drawing = LiveFooter.Drawing()
    while bell.wait(atMost: footer?.isShown == true ? Self.redrawing : -1) {
      let isClosed = queue.withLock { $0.isClosed }
      let (above, below) = next()
      let bytes = (footer?.bytes(around: above, &drawing) ?? above) + below
      // An error means that nobody will ever read: there is nobody to tell.
      if !bytes.isEmpty { _ = FileDescriptor.writeAll(bytes[...], to: descriptor) }
      if isClosed { break }
    }
    end.ring()
  }

  /// All that is queued.
  private func next() -> (above: [UInt8], below: [UInt8]) {
    queue.withLock { queue in
      var (above, below): ([UInt8], [UInt8]) = ([], [])
      swap(&above, &queue.bytes)
      swap(&below, &queue.below)
      if queue.dropped > 0 {
        above += droppedLine(queue.dropped)
        queue.dropped = 0
      }
      return (above, below)
    }
  }
}

/// A pipe that wakes a thread. Both ends stay open as long as the process: a log writer lives that long.
private struct Pipe: Sendable {
  let readEnd: Int32
  private let writeEnd: Int32

  init() throws(Failure) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw Failure(.failure, "cannot create a pipe: \(String(cString: strerror(errno)))") }
    (readEnd, writeEnd) = (ends[0], ends[1])
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    // A full pipe has rung already.
    _ = fcntl(writeEnd, F_SETFL, O_NONBLOCK)
  }

  func ring() {
    var byte: UInt8 = 0
    _ = write(writeEnd, &byte, 1)
  }

  /// Waits until the bell rings, for so many milliseconds at most; -1: for as long as it takes.
  /// - Returns: False when it never will any more.
  func wait(atMost milliseconds: Int32) -> Bool {
    var ringing = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
    while true {
      let ready = poll(&ringing, 1, milliseconds)
      if ready < 0, errno == EINTR { continue }
      guard ready != 0 else { return true }
      var byte: UInt8 = 0
      let count = read(readEnd, &byte, 1)
      if count < 0, errno == EINTR { continue }
      return count == 1
    }
  }
}
