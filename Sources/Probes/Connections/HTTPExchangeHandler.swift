// The last handler of an HTTP check's connection.

import Addresses
import NIOCore
import NIOHTTP1

/// Sends one request as soon as the connection stands, and fulfils a promise with the answer.
///
/// Before the head of an answer has come, every error fails the promise. After it the status is known and may mean
/// more than a trouble with the body, so the reply is delivered with its `ending`.
final class HTTPExchangeHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart

  private let request: HTTPRequestHead
  private let address: ConnectAddress
  private let deadline: ProbeDeadline
  private let bodyLimit: Int
  /// Whether the head alone is the answer (a redirect's body is of no interest).
  private let headSuffices: @Sendable (HTTPReply) -> Bool
  private let promise: EventLoopPromise<HTTPReply>
  private var reply: HTTPReply?

  init(
    request: HTTPRequestHead, to address: ConnectAddress, until deadline: ProbeDeadline, bodyLimit: Int,
    promise: EventLoopPromise<HTTPReply>, headSuffices: @escaping @Sendable (HTTPReply) -> Bool
  ) {
    self.request = request
    self.address = address
    self.deadline = deadline
    self.bodyLimit = bodyLimit
    self.promise = promise
    self.headSuffices = headSuffices
  }

  func channelActive(context: ChannelHandlerContext) {
    // A write that fails closes the connection, which `channelInactive` reports.
    context.write(wrapOutboundOut(.head(request)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      let received = HTTPReply(status: Int(head.status.code), location: head.headers.first(name: "location"))
      reply = received
      if headSuffices(received) { finish(.complete) }
    case .body(let bytes):
      guard let room = reply.map({ bodyLimit - $0.body.count }) else { return }
      reply?.body.append(contentsOf: bytes.readableBytesView.prefix(room))
      if bytes.readableBytes > room { finish(.cut) }
    case .end: finish(.complete)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    finish(.broken(reply == nil ? .closedBeforeAnswer : .closedInAnswer))
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard event is DeadlinePassed else { return }
    finish(.broken(reply == nil ? .noAnswer(within: deadline.timeout) : .incompleteAnswer(within: deadline.timeout)))
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch error {
    case HTTPParserError.invalidEOFState: finish(.broken(reply == nil ? .closedBeforeAnswer : .closedInAnswer))
    case HTTPParserError.headerOverflow: finish(.broken(.headTooLarge))
    case is HTTPParserError, is NIOHTTPDecoderError: finish(.broken(.notHTTP))
    default: finish(.broken(Dialer.failure(error, of: address, deadline)))
    }
  }

  /// The first ending counts: later completions of a promise are ignored.
  private func finish(_ ending: HTTPReply.Ending) {
    switch (reply, ending) {
    case (nil, .broken(let failure)): promise.fail(failure)
    case (nil, .complete), (nil, .cut): promise.fail(ProbeFailure.notHTTP)
    case (.some(var reply), _):
      reply.ending = ending
      promise.succeed(reply)
    }
  }
}
