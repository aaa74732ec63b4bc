// The writer of log lines, on a thread of its own: logging never waits for a terminal, a pipe or a disk.

import Glibc
import Linux
import ServiceLogs
import Synchronization

/// A bounded queue of bytes before one descriptor, and the thread that empties it.
///
/// Supervision logs from its one loop: a terminal stopped with Ctrl-S, or a log collector that hangs, must not keep it from seeing an exit.
/// Lines that do not fit are dropped and counted, and the count is written when there is room again.
final class LogWriter: Sendable {
  private struct Queue {
    var bytes: [UInt8] = []
    /// Lines logged while the footer ends, which belong below its last frame.
    var below: [UInt8] = []
    var dropped = 0
    var isClosed = false
    /// Writers that wait for room.
    var waiting: [CheckedContinuation<Void, Never>] = []
    /// Nobody waits for room any more.
    var isHurried = false
  }

  private let queue = Mutex(Queue())
  private let descriptor: Int32
  private let droppedLine: @Sendable (Int) -> [UInt8]
  private let footer: LiveFooter?
  /// Wakes the thread.
  private let wakeup: Wakeup
  /// Rung by the thread at its end.
  private let ended: Wakeup

  /// Milliseconds between two drawings of the footer.
  private static let redrawing: Int32 = 100
  /// More than a screen's worth for each of a thousand services.
  private static let limit = 1 << 20
  /// The part of it for those who wait: room is left for those who do not.
  private static let waitersLimit = 256 * 1024

  /// Starts the thread.
  /// - Parameters:
  ///   - footer: Lines drawn below the log, on a terminal.
  ///   - droppedLine: The line that reports a number of dropped lines.
  init(descriptor: Int32, footer: LiveFooter? = nil, droppedLine: @escaping @Sendable (Int) -> [UInt8]) throws(Failure) {
    self.descriptor = descriptor
    self.footer = footer
    self.droppedLine = droppedLine
    do {
      wakeup = try Wakeup()
      ended = try Wakeup()
    } catch {
      throw Failure(.failure, "cannot create an event counter for the log: \(error)")
    }
    do {
      _ = try NativeThread("stoker-log", isDetached: true) { self.work() }
    } catch {
      throw Failure(.failure, "cannot start the log's thread: \(error)")
    }
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
    if wasEmpty { wakeup.ring() }
  }

  /// Queues whole lines, and waits while the descriptor is slower. False if they were not taken, after `hurry` or `close`.
  func writeWaiting(_ lines: [UInt8]) async -> Bool {
    while true {
      let (isOver, isFull) = queue.withLock { ($0.isClosed, Self.isFull($0)) }
      if isOver { return false }
      if !isFull {
        write(lines)
        return true
      }
      guard await waitForRoom() else { return false }
    }
  }

  private static func isFull(_ queue: Queue) -> Bool { queue.bytes.count + queue.below.count >= waitersLimit }

  /// False if nobody is to wait any more.
  private func waitForRoom() async -> Bool {
    await withCheckedContinuation { (reply: CheckedContinuation<Void, Never>) in
      let waits = queue.withLock { queue in
        guard !queue.isClosed, !queue.isHurried, Self.isFull(queue) else { return false }
        queue.waiting.append(reply)
        return true
      }
      if !waits { reply.resume() }
    }
    return queue.withLock { !$0.isClosed && (!$0.isHurried || !Self.isFull($0)) }
  }

  /// Ends all waits for room.
  func hurry() { wakeWaiting { $0.isHurried = true } }

  private func wakeWaiting(_ change: (inout Queue) -> Void) {
    let waiting = queue.withLock { queue in
      change(&queue)
      defer { queue.waiting = [] }
      return queue.waiting
    }
    for reply in waiting { reply.resume() }
  }

  /// Writes the queued lines and ends the thread; gives up after two seconds if the descriptor stays full.
  func close() {
    wakeWaiting { $0.isClosed = true }
    wakeup.ring()
    Self.wait(for: ended, atMost: 2000)
  }

  private func work() {
    var drawing = LiveFooter.Drawing()
    while true {
      Self.wait(for: wakeup, atMost: footer?.isShown == true ? Self.redrawing : -1)
      let isClosed = queue.withLock { $0.isClosed }
      let (above, below) = takeLines()
      wakeWaiting { _ in }
      let bytes = (footer?.bytes(around: above, &drawing) ?? above) + below
      // After an error the descriptor has no reader, and the error has nowhere to go.
      _ = footer == nil ? FileDescriptor.writeLines(bytes, to: descriptor) : FileDescriptor.writeAll(bytes[...], to: descriptor)
      if isClosed { break }
    }
    ended.ring()
  }

  /// Waits until it is rung, for at most so many milliseconds; -1 for no limit.
  private static func wait(for wakeup: Wakeup, atMost milliseconds: Int32) {
    if Linux.wait(for: wakeup.descriptor, milliseconds: milliseconds) { wakeup.wait() }
  }

  /// All queued lines.
  private func takeLines() -> (above: [UInt8], below: [UInt8]) {
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
