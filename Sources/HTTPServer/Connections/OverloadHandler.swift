// The handler of connections above the cap.

import NIOCore

/// Answers 503 without reading a request, then drops all input until the client closes or the time is up.
final class OverloadHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let fault: HTTPFault
  private let linger: TimeAmount
  private var timer: ConnectionTimer?

  init(_ fault: HTTPFault, linger: TimeAmount) {
    self.fault = fault
    self.linger = linger
  }

  func channelActive(context: ChannelHandlerContext) {
    let head = """
      HTTP/1.1 503 Service Unavailable\r
      Content-Type: application/json; charset=utf-8\r
      Content-Length: \(fault.json.count)\r
      \(fault.headers.map { "\($0.name): \($0.value)\r\n" }.joined())\
      Connection: close\r
      \r\n
      """
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: Array(head.utf8) + fault.json)), promise: nil)
    context.close(mode: .output, promise: nil)
    let channel = context.channel
    timer = ConnectionTimer(eventLoop: context.eventLoop) { channel.close(promise: nil) }
    timer?.set(.now() + linger)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case ChannelEvent.inputClosed, is ChannelShouldQuiesceEvent: context.close(promise: nil)
    default: break
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    timer?.cancel()
  }
}
