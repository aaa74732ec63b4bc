// Answers whose lines end with a bare newline, as those of small servers and scripts do.

import NIOCore

/// Completes the line ends of an answer's head: the decoder behind it insists on a carriage return before each newline (RFC 9112, 2.2, lets
/// a recipient take the newline alone). Bodies pass as they are.
final class LineEndingHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  /// The beginning of the present line of a head, without its end; nil in a body.
  private var line: [UInt8]? = []
  private var isFirstLine = true
  /// Whether the head is that of an interim answer, which another one follows.
  private var isInterim = false
  private var last: UInt8 = 0

  /// `HTTP/1.1 1`
  private static let interim = (length: 10, digit: UInt8(ascii: "1"))

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard line != nil else { return context.fireChannelRead(data) }
    var bytes = unwrapInboundIn(data)
    var completed = context.channel.allocator.buffer(capacity: bytes.readableBytes + 64)
    while line != nil, let byte = bytes.readInteger(as: UInt8.self) {
      if byte == UInt8(ascii: "\n") {
        if last != UInt8(ascii: "\r") { completed.writeInteger(UInt8(ascii: "\r")) }
        endLine()
      } else if byte != UInt8(ascii: "\r"), line?.count ?? 0 < Self.interim.length {
        line?.append(byte)
      }
      completed.writeInteger(byte)
      last = byte
    }
    completed.writeBuffer(&bytes)
    context.fireChannelRead(wrapInboundOut(completed))
  }

  private func endLine() {
    let isEnd = line?.isEmpty ?? true
    if isFirstLine { isInterim = line?.count == Self.interim.length && line?.last == Self.interim.digit }
    line = isEnd && !isInterim ? nil : []
    isFirstLine = isEnd
  }
}
