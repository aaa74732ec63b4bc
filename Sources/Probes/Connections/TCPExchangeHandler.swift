// The handler of a TCP check's connection.

import Addresses
import NIOCore

/// Sends the check's bytes and fulfils a promise when the expected bytes have come, or at once when none are expected.
final class TCPExchangeHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let probe: TCPProbe
  private let deadline: ProbeDeadline
  private let limit: Int
  private let promise: EventLoopPromise<Void>
  private var search: ByteSearch
  private var received = 0

  init(probe: TCPProbe, until deadline: ProbeDeadline, limit: Int, promise: EventLoopPromise<Void>) {
    self.probe = probe
    self.deadline = deadline
    self.limit = limit
    self.promise = promise
    search = ByteSearch(for: probe.expect ?? [])
  }

  func channelActive(context: ChannelHandlerContext) {
    let nothingExpected = search.found
    guard let send = probe.send, !send.isEmpty else {
      if nothingExpected { promise.succeed() }
      return
    }
    let written = context.eventLoop.makePromise(of: Void.self)
    if nothingExpected {
      written.futureResult.whenSuccess { [promise] in promise.succeed() }
    }
    written.futureResult.whenFailure { [promise, probe, deadline] error in
      promise.fail(Dialer.failure(error, of: .tcp(probe.address), deadline))
    }
    context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: send)), promise: written)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data).readableBytesView.prefix(limit - received)
    received += bytes.count
    if search.feed(bytes) {
      promise.succeed()
    } else if received >= limit {
      promise.fail(ProbeFailure.noExpectedBytesIn(kibibytes: limit / 1024))
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    promise.fail(ProbeFailure.closedBeforeExpectedBytes)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard event is DeadlinePassed else { return }
    promise.fail(received == 0 ? ProbeFailure.noAnswer(within: deadline.timeout) : .noExpectedBytes(within: deadline.timeout))
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    promise.fail(Dialer.failure(error, of: .tcp(probe.address), deadline))
  }
}
