// The last handler of an HTTP check's connection.

import Addresses
import NIOCore
import NIOHTTP1

/// Sends one request as soon as the connection stands, and fulfils a promise with the answer.
///
/// Before the head of an answer has come, every error fails the promise. After it the status is known and may mean
/// more than a trouble with the body, so the reply is delivered with its `ending`.
final class HTTPExchangeHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = HTTPClientRequestPart

  private let request: HTTPRequestHead
  private let address: ConnectAddress
  private let deadline: ProbeDeadline
  /// Whether the head alone is the answer (a redirect's body is of no interest).
  private let headSuffices: @Sendable (HTTPReply) -> Bool
  private let promise: EventLoopPromise<HTTPReply>
  private var reader: AnswerReader
  private var isFinished = false

  init(
    request: HTTPRequestHead, to address: ConnectAddress, until deadline: ProbeDeadline, bodyLimit: Int,
    promise: EventLoopPromise<HTTPReply>, headSuffices: @escaping @Sendable (HTTPReply) -> Bool
  ) {
    self.request = request
    self.address = address
    self.deadline = deadline
    self.promise = promise
    self.headSuffices = headSuffices
    reader = AnswerReader(bodyLimit: bodyLimit, isBodyless: [.HEAD, .CONNECT].contains(request.method))
  }

  func channelActive(context: ChannelHandlerContext) {
    // A write that fails closes the connection, which `channelInactive` reports.
    context.write(wrapOutboundOut(.head(request)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isFinished else { return }
    if let ending = reader.read(unwrapInboundIn(data).readableBytesView) {
      finish(ending)
    } else if let reply = reader.reply, headSuffices(reply) {
      finish(.complete)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    finish(reader.ended())
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard event is DeadlinePassed else { return }
    finish(.broken(reader.reply == nil ? .noAnswer(within: deadline.timeout) : .incompleteAnswer(within: deadline.timeout)))
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    finish(.broken(Dialer.failure(error, of: address, deadline)))
  }

  /// The first ending counts.
  private func finish(_ ending: HTTPReply.Ending) {
    guard !isFinished else { return }
    isFinished = true
    switch (reader.reply, ending) {
    case (nil, .broken(let failure)): promise.fail(failure)
    case (nil, .complete), (nil, .cut): promise.fail(ProbeFailure.notHTTP)
    case (.some(var reply), _):
      reply.ending = ending
      promise.succeed(reply)
    }
  }
}
