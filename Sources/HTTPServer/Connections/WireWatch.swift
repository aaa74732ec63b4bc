// Sees a connection's bytes before the parser does.

import NIOCore

/// Stands in front of the parser, which tells nothing of a head before its end: here the head's deadline starts, and too long a target
/// is told from too large a header. After the last answer it throws away what still comes.
final class WireWatch: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let connection: ConnectionHandler
  private let maxLine: Int
  private var lineLength = 0
  private var lineEnded = false

  init(_ connection: ConnectionHandler, maxTarget: Int) {
    self.connection = connection
    // Room for the method and the version; the target itself is measured when the head is there.
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
    // The parser lets empty lines stand before a request.
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
