// The watch on a connection's bytes before the parser gets them.

import NIOCore

/// The handler in front of the parser, which reports no head before its end: here the deadline of the head starts, and a target that is too
/// long differs from a header that is too large. After the last answer it drops all further bytes.
final class WireWatch: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let connection: ConnectionHandler
  private let maxLine: Int
  private var lineLength = 0
  private var lineEnded = false

  init(_ connection: ConnectionHandler, maxTarget: Int) {
    self.connection = connection
    // Room for the method and the version; the target itself is measured when the whole head has come.
    maxLine = maxTarget + 64
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data)
    guard let meaning = connection.bytesArrived() else { return }
    switch meaning {
    case .newHead:
      lineLength = 0
      lineEnded = false
      guard lineFits(bytes) else { return connection.targetTooLong() }
    case .moreHead:
      guard lineFits(bytes) else { return connection.targetTooLong() }
    case .other: break
    }
    context.fireChannelRead(data)
  }

  private func lineFits(_ bytes: ByteBuffer) -> Bool {
    guard !lineEnded else { return true }
    // The parser accepts empty lines before a request.
    var view = bytes.readableBytesView[...]
    if lineLength == 0 { view = view.drop { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") } }
    if let end = view.firstIndex(of: UInt8(ascii: "\n")) {
      lineEnded = true
      lineLength += end - view.startIndex
    } else {
      lineLength += view.count
    }
    return lineLength <= maxLine
  }
}
