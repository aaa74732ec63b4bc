// The handler of a listener for the time without descriptors.

import Glibc
import NIOCore

/// Pauses a listener when there is no descriptor, or no memory, for a connection: it waits in the kernel's queue then.
///
/// NIO tries again at once, without end, which takes a core. Its own `AcceptBackoffHandler` does not help: the read that failed is still
/// pending, so no other is asked for that could be held back.
final class AcceptPause: ChannelInboundHandler {
  typealias InboundIn = any Channel

  private static let length = TimeAmount.milliseconds(100)

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? IOError, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode) else {
      return context.fireErrorCaught(error)
    }
    let channel = context.channel
    channel.setOption(.autoRead, value: false).whenSuccess {
      _ = channel.eventLoop.scheduleTask(in: Self.length) { channel.setOption(.autoRead, value: true) }
    }
  }
}
