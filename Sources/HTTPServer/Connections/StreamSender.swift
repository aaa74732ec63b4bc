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
  /// The kernel's own buffer would grow to megabytes for a client that reads slowly. Linux doubles this.
  private static let kernelBuffer = 64 << 10

  private let pipe: StreamPipe
  private let context: ChannelHandlerContext
  private let heartbeat: StreamHeartbeat?
  private let patience: TimeAmount
  private let done: EventLoopPromise<Void>
  private let stalled: () -> Void
  private var timer: ConnectionTimer?
  private var phase = Phase.open
  private var rest = BodyReader([])
  private var unsent = 0
  /// The time when the kernel last took bytes, or when the first of the unsent ones were offered to it.
  private var moved = NIODeadline.now()
  private var isScheduled = false

  /// - Parameters:
  ///   - patience: how long the client may read nothing; then `stalled` is called.
  ///   - done: succeeds when the kernel has the whole body, and fails when it will not get it.
  init(
    _ pipe: StreamPipe, _ context: ChannelHandlerContext, heartbeat: StreamHeartbeat?, patience: Duration, done: EventLoopPromise<Void>,
    stalled: @escaping () -> Void
  ) {
    self.pipe = pipe
    self.context = context
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
    case .open: timer?.set(heartbeat.map { moved + TimeAmount($0.interval) })
    case .finishing, .ended: timer?.cancel()
    }
  }

  private func expired() {
    guard phase == .open else { return }
    if unsent > 0 {
      stalled()
    } else if let heartbeat, rest.isAtEnd {
      write(ByteBuffer(bytes: heartbeat.bytes)) {}
      context.flush()
      setTimer()
    }
  }
}
