// The body of a stream between its producer and the connection, as a state machine: no I/O, no lock.
//
// Bytes are `accepted` while all accepted bytes that the kernel does not have yet (`pending`) stay within the limit; a further writer
// waits, in its order, until there is room. So a client that does not read blocks its producer, and costs at most the limit in bytes
// (or one chunk, if a single one is larger). The connection takes the accepted bytes, and reports the sent ones. After `close()` nothing
// is accepted, and every writer gets the reason; bytes accepted before can still be taken.

import NIOCore

struct StreamQueue<Waiter> {
  private let limit: Int
  private var accepted: [[UInt8]] = []
  private var pending = 0
  private var waiting = CircularBuffer<(bytes: [UInt8], waiter: Waiter)>()
  /// Whether the connection knows that there are bytes to take, and has not taken them yet.
  private var isAnnounced = false
  private var closed: StreamClosed?

  init(limit: Int) {
    self.limit = limit
  }

  /// Actions returned by `offer()` and `wait()`.
  enum Offer: Equatable {
    /// The chunk will be sent; `announce` if the connection does not know yet that there are bytes.
    case accepted(announce: Bool)
    /// There is no room. After `wait()`: the waiter is kept.
    case full
    case closed(StreamClosed)
  }

  /// Input: a chunk of a writer.
  mutating func offer(_ bytes: [UInt8]) -> Offer {
    if let closed { return .closed(closed) }
    guard waiting.isEmpty, hasRoom(for: bytes) else { return .full }
    accept(bytes)
    return .accepted(announce: announce())
  }

  /// As `offer()`; where there is no room, a later `sent()` or `close()` returns the waiter.
  mutating func wait(_ bytes: [UInt8], _ waiter: Waiter) -> Offer {
    let offer = offer(bytes)
    if offer == .full { waiting.append((bytes, waiter)) }
    return offer
  }

  /// Returns the accepted bytes to the connection.
  mutating func take() -> [[UInt8]] {
    defer { accepted = [] }
    isAnnounced = false
    return accepted
  }

  /// Input: the kernel has taken bytes. Returns the writers whose chunks are accepted now.
  mutating func sent(_ count: Int) -> (waiters: [Waiter], announce: Bool) {
    pending -= count
    var waiters: [Waiter] = []
    while let first = waiting.first, hasRoom(for: first.bytes) {
      waiting.removeFirst()
      accept(first.bytes)
      waiters.append(first.waiter)
    }
    return (waiters, !waiters.isEmpty && announce())
  }

  /// Accepts nothing more, for the first reason given. Returns the writers whose chunks will not be sent.
  mutating func close(_ reason: StreamClosed) -> [Waiter] {
    closed = closed ?? reason
    defer { waiting.removeAll() }
    return waiting.map(\.waiter)
  }

  private func hasRoom(for bytes: [UInt8]) -> Bool {
    pending == 0 || pending + bytes.count <= limit
  }

  private mutating func accept(_ bytes: [UInt8]) {
    pending += bytes.count
    accepted.append(bytes)
  }

  private mutating func announce() -> Bool {
    defer { isAnnounced = true }
    return !isAnnounced
  }
}
