// The driver of a connection's machine: parsed parts in, responses, reads and deadlines out.

import NIOCore
import NIOHTTP1

/// The last handler of a connection's pipeline. All of it runs on the connection's event loop.
final class ConnectionHandler: ChannelInboundHandler, ChannelOutboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  /// An input from the parser.
  private enum Input {
    case part(HTTPServerRequestPart)
    case unreadable(HTTPFault, RejectReason)
    case ended
  }

  let gate: RequestGate
  let registry: ConnectionRegistry
  let observer: (any ServerObserver)?
  private let renderer: ResponseRenderer
  var configuration: ServerConfiguration { gate.configuration }

  var machine = ConnectionMachine()
  private(set) var context: ChannelHandlerContext?
  private(set) var isInputClosed = false
  private var timer: ConnectionTimer?
  private var armed: ConnectionMachine.Timer?
  /// Inputs that the client sent ahead. There are no more than were read before reading stopped, so that they need no limit.
  private var waiting = CircularBuffer<Input>()
  private var isPumping = false
  private var readPending = false
  private var isInFlight = false
  /// The handler of the request, and after it the producer of its response.
  var running: Task<Void, Never>?
  /// The response that is being written, and the promise for the time when the kernel has all of it.
  private var sending: (body: BodyReader, done: EventLoopPromise<Void>)?
  var stream: StreamSender?

  /// A slice of a body is copied only when there is room for it on the wire, so that megabytes for a slow reader are never held twice.
  private static let sliceSize = 32 << 10

  init(gate: RequestGate, renderer: ResponseRenderer, registry: ConnectionRegistry, observer: (any ServerObserver)?) {
    self.gate = gate
    self.renderer = renderer
    self.registry = registry
    self.observer = observer
  }

  // MARK: Channel events

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    timer = ConnectionTimer(eventLoop: context.eventLoop) { [weak self] in self?.expired() }
    settle()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    timer?.cancel()
    self.context = nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    take(.part(unwrapInboundIn(data)))
  }

  /// Stops reading while a request is under way: the kernel's buffer fills, and the client has to wait.
  func read(context: ChannelHandlerContext) {
    if machine.isBusy || !waiting.isEmpty {
      readPending = true
    } else {
      context.read()
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch error {
    case HTTPParserError.invalidEOFState: break  // The end of input in the middle of a request; `ended` follows.
    case HTTPParserError.headerOverflow: take(.unreadable(.headersTooLarge(configuration), .headersTooLarge))
    case is HTTPParserError: take(.unreadable(.malformed("this is no HTTP/1.1 request that can be read"), .malformed))
    default: context.close(promise: nil)
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case ChannelEvent.inputClosed:
      // The client has closed its own side, or both: it gets its response and its stream until the kernel says that it is gone.
      isInputClosed = true
      outliveInput()
      take(.ended)
    case is ChannelShouldQuiesceEvent:
      machine.quiesce()
      endStream(.stopping)
      settle()
    default: context.fireUserInboundEventTriggered(event)
    }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    sendMore()
    context.fireChannelWritabilityChanged()
  }

  func channelInactive(context: ChannelHandlerContext) {
    if let (_, done) = sending {
      sending = nil
      done.fail(ChannelError.ioOnClosedChannel)
    }
    dropStream(.clientLeft)
    running?.cancel()
    machine.closed()
    timer?.cancel()
    finishFlight()
    context.fireChannelInactive()
  }

  // MARK: From the wire watch

  /// The meaning of bytes on the wire; nil if they are to be dropped.
  func bytesArrived() -> ConnectionMachine.BytesMeaning? {
    guard !machine.isDeaf else { return nil }
    let meaning = machine.bytesArrived()
    settle()
    return meaning
  }

  func targetTooLong() {
    take(.unreadable(.targetTooLong(limit: configuration.maxTarget), .targetTooLong))
  }

  // MARK: Inputs, one after the other

  private func take(_ input: Input) {
    waiting.append(input)
    pump()
  }

  /// Feeds waiting inputs until a request is under way. A response that is written at once comes back here and must not pump again:
  /// a thousand requests sent ahead would go a thousand calls deep.
  private func pump() {
    guard !isPumping else { return }
    isPumping = true
    while !machine.isBusy, let input = waiting.popFirst() {
      feed(input)
      settle()
    }
    isPumping = false
    settle()
    if readPending, !machine.isBusy {
      readPending = false
      context?.read()
    }
  }

  private func feed(_ input: Input) {
    switch input {
    case .part(.head(let head)): feed(head)
    case .part(.body(let bytes)):
      if let (exchange, refusal) = machine.bodyArrived(bytes) { refuse(exchange, refusal) }
    case .part(.end):
      switch machine.endArrived() {
      case .run(let exchange, let matched, let body): run(exchange, matched, body)
      case .refuse(let exchange, let refusal): refuse(exchange, refusal)
      case .ignore: break
      }
    case .unreadable(let fault, let reason):
      switch machine.unreadable() {
      case .answer(let exchange): refuse(exchange, Refusal(fault: fault, reason: reason))
      case .ignore: break
      }
    case .ended: machine.inputEnded()
    }
  }

  private func feed(_ head: HTTPRequestHead) {
    guard !machine.isDeaf else { return }
    isInFlight = true
    registry.requestBegan()
    switch machine.headArrived(gate.admit(head, at: .now())) {
    case .sayContinue:
      let word = HTTPResponseHead(version: .http1_1, status: .continue)
      context?.writeAndFlush(wrapOutboundOut(.head(word)), promise: nil)
    case .refuse(let exchange, let refusal): refuse(exchange, refusal)
    case .read, .ignore: break
    }
  }

  // MARK: Answers

  private func run(_ exchange: Exchange, _ matched: Exchange.Matched, _ body: ByteBuffer) {
    guard let context else { return }
    let request = Request(
      method: exchange.head.method.rawValue, path: matched.target.path, query: matched.target.query, headers: exchange.head.headers,
      body: Array(body.readableBytesView), peer: gate.peer, rights: gate.rights,
      listener: gate.listener)
    let gzip = ContentCoding.acceptsGzip(request.headers)
    let bodyless = exchange.isHead
    let this = NIOLoopBound(self, eventLoop: context.eventLoop)
    let eventLoop = context.eventLoop
    let task = Task { [renderer, route = matched.route, parameters = matched.parameters] in
      let response = await route.handler(request, parameters)
      let rendered = renderer.render(response, gzip: gzip, bodyless: bodyless)
      eventLoop.execute { this.value.responded(rendered) }
    }
    running = task
    registry.handlerBegan(task, of: ObjectIdentifier(self))
  }

  private func responded(_ response: RenderedResponse) {
    running = nil
    registry.handlerEnded(of: ObjectIdentifier(self))
    guard !machine.isDeaf, let context else { return }
    var goesOn = false
    let refusal: Refusal?
    switch response.body {
    case .stream:
      refusal = registry.streamBegan(gate.group)
      goesOn = refusal == nil
    case .headOfStream: refusal = nil
    case .parts(let parts):
      refusal = registry.bodyBegan(parts, on: context.channel, gate.group) { channel in
        observer?.rejected(reason: .waitingCut)
        channel.resetsAtClose()
        channel.close(promise: nil)
      }
    }
    if let refusal {
      if let exchange = machine.responded(goesOn: false) { refuse(exchange, refusal) }
      return settle()
    }
    guard let exchange = machine.responded(goesOn: goesOn) else { return }
    send(response, exchange)
    settle()
  }

  private func refuse(_ exchange: Exchange?, _ refusal: Refusal) {
    if let reason = refusal.reason { observer?.rejected(reason: reason) }
    send(renderer.render(.fault(refusal.fault), gzip: false, bodyless: exchange?.isHead ?? false), exchange)
  }

  private func send(_ response: RenderedResponse, _ exchange: Exchange?) {
    guard let context else { return }
    let version = exchange?.head.version ?? .http1_1
    var head = HTTPResponseHead(version: version, status: response.status, headers: response.headers)
    if machine.closesAfterWriting {
      head.headers.add(name: "Connection", value: "close")
    } else if version == .http1_0 {
      head.headers.add(name: "Connection", value: "keep-alive")
    }
    let done = context.eventLoop.makePromise(of: Void.self)
    switch response.body {
    case .parts(let parts):
      whenDone(done, exchange, response.status)
      context.write(wrapOutboundOut(.head(head)), promise: nil)
      sending = (BodyReader(parts), done)
      sendMore()
    case .headOfStream:
      whenDone(done, exchange, response.status)
      context.writeAndFlush(wrapOutboundOut(.head(head)), promise: done)
    case .stream(let stream):
      whenDone(done, nil, response.status)
      begin(stream, isChunked: version != .http1_0, on: context, done: done) {
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        answered(exchange, response.status)
      }
    }
  }

  private func whenDone(_ done: EventLoopPromise<Void>, _ exchange: Exchange?, _ status: HTTPResponseStatus) {
    done.futureResult.assumeIsolated().whenComplete { [self] result in
      if let context { registry.bodyEnded(on: context.channel) }
      switch result {
      case .success: wrote(exchange, status)
      case .failure:
        machine.closed()
        settle()
      }
    }
  }

  /// Writes as much of the response as the wire takes for now.
  private func sendMore() {
    // Taken out meanwhile: a flush may report at once that there is room again.
    guard let context, let (rest, done) = sending else { return }
    var body = rest
    sending = nil
    while !body.isAtEnd, context.channel.isWritable {
      let slice = body.read(Self.sliceSize, context.channel.allocator)
      context.write(wrapOutboundOut(.body(.byteBuffer(slice))), promise: nil)
      if !body.isAtEnd { context.flush() }
    }
    if body.isAtEnd {
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: done)
    } else {
      sending = (body, done)
    }
  }

  /// The request counts as answered.
  private func answered(_ exchange: Exchange?, _ status: HTTPResponseStatus) {
    finishFlight()
    guard let exchange else { return }
    let seconds = Double((NIODeadline.now() - exchange.started).nanoseconds) / 1e9
    observer?.answered(
      pattern: exchange.pattern, method: exchange.methodLabel, status: Int(status.code), seconds: seconds, trace: exchange.trace)
  }

  /// The kernel has all of the response. That of a stream counted as answered when it began.
  private func wrote(_ exchange: Exchange?, _ status: HTTPResponseStatus) {
    answered(exchange, status)
    dropStream(.ended)
    switch machine.wrote() {
    case .next: pump()
    case .linger:
      waiting.removeAll()
      context?.close(mode: .output, promise: nil)
      pump()
    case .ignore: settle()
    }
  }

  private func finishFlight() {
    guard isInFlight else { return }
    isInFlight = false
    registry.requestEnded()
  }

  // MARK: Deadlines

  private func expired() {
    guard let timer = armed else { return }
    armed = nil
    if let reason = timer.reason { observer?.rejected(reason: reason) }
    if case .answer(let exchange) = machine.expired() {
      refuse(exchange, Refusal(fault: .timeout(timer == .body ? "body of the request" : "head of the request"), reason: nil))
    }
    settle()
  }

  /// Brings deadline and channel in line with the machine; called after every input.
  func settle() {
    if machine.timer != armed {
      armed = machine.timer
      timer?.set(armed.map { .now() + $0.length(configuration) })
    }
    if machine.isClosed, let context {
      waiting.removeAll()
      context.close(promise: nil)
    }
  }
}
