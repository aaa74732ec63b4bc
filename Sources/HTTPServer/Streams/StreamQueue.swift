// The body of a stream between its producer and the connection, as a state machine: no I/O, no lock.
//
// Bytes are `accepted` while what was accepted and is not yet with the kernel (`pending`) stays within the limit; a writer beyond that
// waits, in its order, until there is room. So a client that does not read holds its producer, and never more than the limit of its bytes
// (or one chunk, if a single one is larger). The connection takes what was accepted, and reports what it has sent. After `close()` nothing
// is accepted and every writer is told why; what had been accepted can still be taken.

import NIOCore

struct StreamQueue<Waiter> {
  private let limit: Int
  private var accepted: [[UInt8]] = []
  private var pending = 0
  private var waiting = CircularBuffer<(bytes: [UInt8], waiter: Waiter)>()
  /// The connection has been told that there is something to take, and has not come yet.
  private var isAnnounced = false
  private var closed: StreamClosed?

  init(limit: Int) {
    self.limit = limit
  }

  /// Actions returned by `offer()` and `wait()`.
  enum Offer: Equatable {
    /// It will be sent; the connection is to be told if it does not know yet that there is something.
    case accepted(announce: Bool)
    /// There is no room. After `wait()`: the waiter is kept.
    case full
    case closed(StreamClosed)
  }

  /// A writer has a chunk.
  mutating func offer(_ bytes: [UInt8]) -> Offer {
    if let closed { return .closed(closed) }
    guard waiting.isEmpty, hasRoom(for: bytes) else { return .full }
    accept(bytes)
    return .accepted(announce: announce())
  }

  /// As `offer()`; where that is full, the waiter is returned by a later `sent()` or `close()`.
  mutating func wait(_ bytes: [UInt8], _ waiter: Waiter) -> Offer {
    let offer = offer(bytes)
    if offer == .full { waiting.append((bytes, waiter)) }
    return offer
  }

  /// The connection takes what was accepted.
  mutating func take() -> [[UInt8]] {
    defer { accepted = [] }
    isAnnounced = false
    return accepted
  }

  /// Bytes have gone to the kernel. Returns the writers whose chunks are accepted now.
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

  /// Nothing more is accepted, for the first reason given. Returns the writers whose chunks will not be sent.
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
