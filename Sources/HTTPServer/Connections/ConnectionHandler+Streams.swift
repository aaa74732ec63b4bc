// Streams of a connection.

import Glibc
import NIOCore

extension ConnectionHandler {
  /// Begins a stream whose head `sendHead` sends.
  func begin(
    _ body: ResponseStream, isChunked: Bool, on context: ChannelHandlerContext, done: EventLoopPromise<Void>, sendHead: () -> Void
  ) {
    let this = NIOLoopBound(self, eventLoop: context.eventLoop)
    let eventLoop = context.eventLoop
    let pipe = StreamPipe { eventLoop.execute { this.value.stream?.send() } }
    stream = StreamSender(
      pipe, context, isChunked: isChunked, heartbeat: body.heartbeat, patience: configuration.writeTimeout, done: done
    ) { [weak self] reason in self?.streamStalled(reason) }
    sendHead()
    if machine.quiescing { endStream(.stopping) }
    if isInputClosed { outliveInput() }
    guard machine.isStreaming else { return }
    let task = Task {
      var isWhole = true
      do { try await body.produce(StreamWriter(pipe)) } catch { isWhole = false }
      eventLoop.execute { [isWhole] in this.value.producerEnded(isWhole: isWhole) }
    }
    running = task
    registry.handlerBegan(task, of: ObjectIdentifier(self))
  }

  private func producerEnded(isWhole: Bool) {
    running = nil
    registry.handlerEnded(of: ObjectIdentifier(self))
    if !isWhole { machine.streamFailed() }
    endStream(.ended)
    settle()
  }

  /// Ends the stream properly, after all accepted chunks, and cancels its producer.
  func endStream(_ reason: StreamClosed) {
    guard machine.streamEnded() else { return }
    // Closed first: a cancelled producer that writes once more then gets the reason.
    stream?.finish(reason)
    running?.cancel()
    settle()
  }

  /// Goes on with the stream of a client that has closed its own side, if it would be noticed that the client has left.
  func outliveInput() {
    if let stream, !stream.outlivesInput() { endStream(.clientLeft) }
  }

  /// Cuts off a client that reads nothing, and ends the stream of one of which nothing is known any more.
  private func streamStalled(_ reason: StreamClosed) {
    guard reason == .tooSlow else { return endStream(reason) }
    observer?.rejected(reason: .streamTimeout)
    context?.channel.resetsAtClose()
    dropStream(.tooSlow)
    running?.cancel()
    machine.streamFailed()
    settle()
  }

  /// Drops the stream, sent or not.
  func dropStream(_ reason: StreamClosed) {
    guard let stream else { return }
    self.stream = nil
    registry.streamEnded(gate.group)
    stream.close(reason)
  }
}

extension Channel {
  /// A reset: otherwise the kernel would go on offering its buffer to a client that does not read.
  func resetsAtClose() {
    if let socket = self as? any SocketOptionProvider { _ = socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)) }
  }
}
