// The life of a connection as a state machine: no I/O, no clock, no NIO channel.
//
// A connection is `fresh` until its first byte, then reads a `head`, then a `body`; then the request is `running` until its
// response is there, `writing` until the kernel has taken it, and `idle` until the next request's first byte. One request is
// under way at a time: requests that the client sends ahead wait outside (see ConnectionHandler) while `isBusy`.
//
// A streamed response is `streaming` until its producer has ended or is to end, and then `writing` for its last bytes. It is the last one of
// its connection, so bytes that the client sends after the request are dropped. A stream has deadlines of its own (see StreamSender).
//
// A refusal that ends the connection is answered first; then the server's side is closed, and further bytes of the client are
// dropped (`lingering`): closing at once would reset the connection and destroy the answer on its way. `closed` is the end, and
// every late input does nothing there.
//
// The driver closes the channel whenever it finds the machine closed. Each state has at most one deadline. A head that began on a fresh
// connection shares the deadline that ran since the opening.

import NIOCore

struct ConnectionMachine {
  private enum State {
    case fresh
    case idle
    case head
    case body(Exchange, ByteBuffer)
    case running(Exchange)
    case streaming
    case writing(closes: Bool)
    case lingering
    case closed
  }

  /// The kinds of deadlines.
  enum Timer: Hashable {
    case header
    case idle
    case body
    case write
    case linger
  }

  private var state = State.fresh
  /// Whether the client has closed its side: it sends nothing more, but may still read.
  private var peerFinished = false
  /// Whether the server is stopping: the request under way is the last one.
  private(set) var quiescing = false

  /// The deadline of the state; the driver restarts it whenever this changes.
  var timer: Timer? {
    switch state {
    case .fresh, .head: .header
    case .idle: .idle
    case .body: .body
    case .running, .streaming, .closed: nil
    case .writing: .write
    case .lingering: .linger
    }
  }

  /// Whether a request is running or its response is being written: further ones wait.
  var isBusy: Bool {
    switch state {
    case .running, .streaming, .writing: true
    case .fresh, .idle, .head, .body, .lingering, .closed: false
    }
  }

  /// Whether the response is a stream that goes on.
  var isStreaming: Bool {
    if case .streaming = state { true } else { false }
  }

  /// Whether every further input is dropped.
  var isDeaf: Bool {
    switch state {
    case .streaming, .lingering, .closed: true
    case .fresh, .idle, .head, .body, .running, .writing: false
    }
  }

  /// Whether the connection is over; the channel is to be closed if it is not yet.
  var isClosed: Bool {
    if case .closed = state { true } else { false }
  }

  // MARK: Inputs from the client

  /// The meaning of bytes that are not parsed yet.
  enum BytesMeaning {
    case newHead
    case moreHead
    case other
  }

  /// Input: bytes that are not parsed yet.
  mutating func bytesArrived() -> BytesMeaning {
    switch state {
    case .fresh, .idle:
      state = .head
      return .newHead
    case .head: return .moreHead
    case .body, .running, .streaming, .writing, .lingering, .closed: return .other
    }
  }

  /// Actions returned by `headArrived()`.
  enum HeadAction {
    case read
    case sayContinue
    case refuse(Exchange, Refusal)
    case ignore
  }

  /// Input: the whole head of a request. A refusal does not wait for a body.
  mutating func headArrived(_ exchange: Exchange) -> HeadAction {
    switch state {
    case .fresh, .idle, .head:
      if case .refuse(let refusal) = exchange.plan, refusal.closes || exchange.head.hasBody {
        state = .writing(closes: true)
        return .refuse(exchange, refusal)
      }
      state = .body(exchange, ByteBuffer())
      return exchange.expectsContinue ? .sayContinue : .read
    case .lingering, .closed: return .ignore
    case .body, .running, .streaming, .writing:
      inconsistency("a head")
      return .ignore
    }
  }

  /// Input: a part of a body. Returns the exchange if the body is now over its limit.
  mutating func bodyArrived(_ bytes: ByteBuffer) -> (Exchange, Refusal)? {
    switch state {
    case .body(let exchange, var body):
      guard case .run(let matched) = exchange.plan else { return nil }
      guard body.readableBytes + bytes.readableBytes <= matched.route.bodyLimit else {
        state = .writing(closes: true)
        return (exchange, Refusal(fault: .bodyTooLarge(limit: matched.route.bodyLimit), reason: .bodyTooLarge, closes: true))
      }
      // Out of the state while it grows, so that it is not copied with every part.
      state = .closed
      body.writeImmutableBuffer(bytes)
      state = .body(exchange, body)
      return nil
    case .lingering, .closed: return nil
    case .fresh, .idle, .head, .running, .streaming, .writing:
      inconsistency("a body")
      return nil
    }
  }

  /// Actions returned by `endArrived()`.
  enum EndAction {
    case run(Exchange, Exchange.Matched, ByteBuffer)
    case refuse(Exchange, Refusal)
    case ignore
  }

  /// Input: the end of a request.
  mutating func endArrived() -> EndAction {
    switch state {
    case .body(let exchange, let body):
      switch exchange.plan {
      case .run(let matched):
        state = .running(exchange)
        return .run(exchange, matched, body)
      case .refuse(let refusal):
        state = .writing(closes: !mayGoOn(exchange))
        return .refuse(exchange, refusal)
      }
    case .lingering, .closed: return .ignore
    case .fresh, .idle, .head, .running, .streaming, .writing:
      inconsistency("the end of a request")
      return .ignore
    }
  }

  /// Actions returned by `unreadable()` and `expired()`.
  enum BreakAction {
    /// Answer the fault and close; with the exchange if one had begun.
    case answer(Exchange?)
    case ignore
  }

  /// Input: bytes that are no HTTP.
  mutating func unreadable() -> BreakAction {
    switch state {
    case .fresh, .idle, .head:
      state = .writing(closes: true)
      return .answer(nil)
    case .body(let exchange, _):
      state = .writing(closes: true)
      return .answer(exchange)
    case .lingering, .closed: return .ignore
    case .running, .streaming, .writing:
      inconsistency("unreadable bytes")
      return .ignore
    }
  }

  /// Input: the client has closed its side. Its earlier requests may still be answered.
  mutating func inputEnded() {
    peerFinished = true
    switch state {
    case .fresh, .idle, .head, .body, .lingering: state = .closed
    case .running, .streaming, .writing, .closed: break
    }
  }

  // MARK: Inputs from the server

  /// Input: the response of the running request, whole or the head of a stream. Returns nil if there is no client left.
  mutating func responded(goesOn: Bool) -> Exchange? {
    switch state {
    case .running(let exchange):
      state = goesOn ? .streaming : .writing(closes: !mayGoOn(exchange))
      return exchange
    case .closed, .lingering: return nil
    case .fresh, .idle, .head, .body, .streaming, .writing:
      inconsistency("a response")
      return nil
    }
  }

  /// Input: the end of the stream, after its accepted chunks. Returns false if it is not under way any more.
  mutating func streamEnded() -> Bool {
    guard case .streaming = state else { return false }
    state = .writing(closes: true)
    return true
  }

  /// Input: the stream cannot go on, and its client must see that it is incomplete.
  mutating func streamFailed() {
    if case .streaming = state { state = .closed }
  }

  /// Whether the answer that is being written is the last one.
  var closesAfterWriting: Bool {
    if case .writing(let closes) = state { closes } else { true }
  }

  /// Actions returned by `wrote()`.
  enum WroteAction {
    case next
    case linger
    case ignore
  }

  /// Input: the kernel has the whole response.
  mutating func wrote() -> WroteAction {
    switch state {
    case .writing(closes: false) where !quiescing:
      state = .idle
      return .next
    case .writing:
      state = peerFinished ? .closed : .lingering
      return peerFinished ? .ignore : .linger
    case .closed, .lingering: return .ignore
    case .fresh, .idle, .head, .body, .running, .streaming:
      inconsistency("the end of a write")
      return .ignore
    }
  }

  /// Input: the server stops. A request under way is finished; a stream is to be ended.
  mutating func quiesce() {
    quiescing = true
    switch state {
    case .fresh, .idle, .head, .lingering: state = .closed
    case .body, .running, .streaming, .writing, .closed: break
    }
  }

  /// Input: the deadline of the state has passed.
  mutating func expired() -> BreakAction {
    switch state {
    case .head:
      state = .writing(closes: true)
      return .answer(nil)
    case .body(let exchange, _):
      state = .writing(closes: true)
      return .answer(exchange)
    case .fresh, .idle, .writing, .lingering:
      state = .closed
      return .ignore
    case .running, .streaming, .closed: return .ignore
    }
  }

  /// Input: the connection is gone.
  mutating func closed() {
    state = .closed
  }

  private func mayGoOn(_ exchange: Exchange) -> Bool {
    exchange.keepAlive && !quiescing
  }

  /// Notes a pair of state and input that this module's own code rules out. In a release build it costs this one connection, not the process.
  private mutating func inconsistency(_ input: String) {
    assertionFailure("internal inconsistency: state \(state) and \(input)")
    state = .closed
  }
}
