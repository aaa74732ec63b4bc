// The sender of a stream: writes the body, watches that the client reads, and sends heartbeats.

import NIOCore
import NIOHTTP1

/// The connection's end of a stream. All of it runs on the connection's event loop, and it sends in passes of one window each, so that a
/// stream that never pauses leaves the loop to others.
///
/// It is `open` until `finish()`, `finishing` until all of the body is written, and `ended` then or when `close()` cuts it off.
final class StreamSender {
  private enum Phase {
    case open
    case finishing
    case ended
  }

  /// The most bytes that are with the channel and not with the kernel yet.
  private static let window = 64 << 10
  /// Small chunks are joined, and large ones are cut, so that the reading of a slow client shows: the kernel asks for more when a third
  /// of its buffer is free.
  private static let sliceSize = 16 << 10
  /// Common clients read sizes of 16 digits; ours have four. The zeros come after one second, two, four and so on, for half an hour.
  private static let mostZeros = 11
  /// The kernel's own buffer would grow to megabytes for a client that reads slowly. Linux doubles this.
  private static let kernelBuffer = 64 << 10

  private let pipe: StreamPipe
  private let context: ChannelHandlerContext
  private let isChunked: Bool
  private let heartbeat: StreamHeartbeat?
  private let patience: TimeAmount
  private let done: EventLoopPromise<Void>
  private let stalled: (StreamClosed) -> Void
  private var timer: ConnectionTimer?
  private var phase = Phase.open
  private var rest = BodyReader([])
  private var unsent = 0
  /// The time when the kernel last took bytes, or when the first of the unsent ones were offered to it.
  private var moved = NIODeadline.now()
  private var isScheduled = false
  /// Whether the client has closed its own side.
  private var isHalfClosed = false
  /// The zeros before the size of the next chunk.
  private var zeros = 0

  /// - Parameters:
  ///   - patience: how long the client may read nothing; then `stalled` is called.
  ///   - done: succeeds when the kernel has the whole body, and fails when it will not get it.
  init(
    _ pipe: StreamPipe, _ context: ChannelHandlerContext, isChunked: Bool, heartbeat: StreamHeartbeat?, patience: Duration,
    done: EventLoopPromise<Void>, stalled: @escaping (StreamClosed) -> Void
  ) {
    self.pipe = pipe
    self.context = context
    self.isChunked = isChunked
    self.heartbeat = heartbeat
    self.patience = TimeAmount(patience)
    self.done = done
    self.stalled = stalled
    timer = ConnectionTimer(eventLoop: context.eventLoop) { [weak self] in self?.expired() }
    // If the kernel refuses, the stream only takes more of its memory.
    try? context.channel.syncOptions?.setOption(.socketOption(.so_sndbuf), value: Self.kernelBuffer)
    setTimer()
  }

  /// Sends the accepted bytes, a window at most.
  func send() {
    guard phase != .ended else { return }
    var isEmpty = false
    var isNew = false
    while unsent < Self.window, !isEmpty {
      if rest.isAtEnd { rest = BodyReader(pipe.take()) }
      isEmpty = rest.isAtEnd
      guard !isEmpty else { break }
      let slice = rest.read(Self.sliceSize, context.channel.allocator)
      let count = slice.readableBytes
      write(slice) { [pipe] in pipe.sent(count) }
      isNew = true
    }
    // The old reader would keep parts that have been read.
    if rest.isAtEnd { rest = BodyReader([]) }
    if phase == .finishing, isEmpty {
      phase = .ended
      context.writeAndFlush(NIOAny(HTTPServerResponsePart.end(nil)), promise: done)
    } else if isNew {
      context.flush()
    }
    setTimer()
  }

  /// Goes on although the client has closed its own side. It may have left: its kernel would tell so by a reset, in answer to the next
  /// bytes. Returns false where there may be none for as long as the client likes.
  func outlivesInput() -> Bool {
    isHalfClosed = true
    probe()
    return isChunked || heartbeat != nil
  }

  /// Sends a zero in front of the size of the next chunk, or of the last: it changes nothing (RFC 9112, 7.1).
  private func probe() {
    guard phase == .open, isChunked, let wire = try? context.pipeline.syncOperations.context(handlerType: WireWatch.self) else { return }
    zeros += 1
    moved = .now()
    wire.writeAndFlush(NIOAny(ByteBuffer(bytes: [UInt8(ascii: "0")])), promise: nil)
    setTimer()
  }

  /// Accepts nothing more; sends the accepted bytes, and then the end of the body.
  func finish(_ reason: StreamClosed) {
    guard phase == .open else { return }
    phase = .finishing
    pipe.close(reason)
    send()
  }

  /// Stops sending.
  func close(_ reason: StreamClosed) {
    pipe.close(reason)
    timer?.cancel()
    guard phase != .ended else { return }
    phase = .ended
    done.fail(ChannelError.ioOnClosedChannel)
  }

  private func write(_ slice: ByteBuffer, sent: @escaping () -> Void) {
    let count = slice.readableBytes
    if unsent == 0 { moved = .now() }
    zeros = 0
    unsent += count
    let promise = context.eventLoop.makePromise(of: Void.self)
    promise.futureResult.assumeIsolated().whenSuccess { [weak self] in
      sent()
      self?.wrote(count)
    }
    context.write(NIOAny(HTTPServerResponsePart.body(.byteBuffer(slice))), promise: promise)
  }

  private func wrote(_ count: Int) {
    unsent -= count
    moved = .now()
    setTimer()
    guard phase != .ended, !isScheduled, phase == .finishing || !rest.isAtEnd else { return }
    isScheduled = true
    context.eventLoop.assumeIsolated().execute { [weak self] in
      self?.isScheduled = false
      self?.send()
    }
  }

  /// Sets the deadline for the client to read while bytes are unsent, and for a heartbeat while none are. The last bytes have the deadline of
  /// any response.
  private func setTimer() {
    switch phase {
    case .open where unsent > 0: timer?.set(moved + patience)
    case .open where heartbeat == nil && isHalfClosed: timer?.set(moved + .seconds(1 << Int64(max(0, zeros - 1))))
    case .open: timer?.set(heartbeat.map { moved + TimeAmount($0.interval) })
    case .finishing, .ended: timer?.cancel()
    }
  }

  private func expired() {
    guard phase == .open else { return }
    if unsent > 0 {
      stalled(.tooSlow)
    } else if let heartbeat, rest.isAtEnd {
      write(ByteBuffer(bytes: heartbeat.bytes)) {}
      context.flush()
      setTimer()
    } else if heartbeat == nil {
      if zeros < Self.mostZeros { probe() } else { stalled(.clientLeft) }
    }
  }
}
