// Connections of checks: one for each check, closed in every case.

import Addresses
import Glibc
import NIOCore
import NIOPosix

/// Opens the connections of checks.
struct Dialer: Sendable {
  let group: any EventLoopGroup
  /// The resolver of host names; nil = NIO's own, getaddrinfo on a thread of its own.
  let resolver: (@Sendable () -> any Resolver & Sendable)?

  /// Connects, runs the exchange in the last handler of `makeHandlers`, and returns the value with which that handler fulfils its promise.
  ///
  /// The first of these decides, and closes every connection that was opened: the handler, a failure to connect, the
  /// deadline, cancellation of the task. When the deadline passes while connected, the handlers get a `DeadlinePassed`
  /// event and fail the promise with the phase that was too slow.
  func exchange<Reply: Sendable>(
    with address: ConnectAddress, until deadline: ProbeDeadline,
    makeHandlers: @escaping @Sendable (EventLoopPromise<Reply>) -> [any ChannelHandler]
  ) async throws(ProbeFailure) -> Reply {
    let loop = group.next()
    let promise = loop.makePromise(of: Reply.self)
    let bootstrap = ClientBootstrap(group: loop)
      .connectTimeout(deadline.remaining)
      .channelInitializer { channel in
        promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
        return channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandlers(makeHandlers(promise))
        }
      }
    let connection = connect(bootstrap, to: address, on: loop)
    connection.whenFailure { promise.fail(Dialer.failure($0, of: address, deadline)) }
    connection.whenSuccess { channel in
      deadline.whenPassed(on: loop, before: promise.futureResult) {
        channel.pipeline.fireUserInboundEventTriggered(DeadlinePassed())
      }
    }
    do {
      return try await withTaskCancellationHandler {
        try await promise.futureResult.get()
      } onCancel: {
        promise.fail(ProbeFailure.cancelled)
      }
    } catch let failure as ProbeFailure {
      throw failure
    } catch {
      throw .connectionFailed(address, reason: "\(error)")
    }
  }

  private func connect(_ bootstrap: ClientBootstrap, to address: ConnectAddress, on loop: any EventLoop) -> EventLoopFuture<any Channel> {
    switch address {
    case .unix(let path): return bootstrap.connect(unixDomainSocketPath: path)
    case .tcp(let server):
      if let literal = try? SocketAddress(ipAddress: server.host, port: server.port) { return bootstrap.connect(to: literal) }
      let resolver = server.host == "localhost" ? LoopbackResolver(loop: loop) : resolver?()
      return bootstrap.resolver(resolver).connect(host: server.host, port: server.port)
    }
  }

  /// The failure that an error of NIO means.
  static func failure(_ error: any Error, of address: ConnectAddress, _ deadline: ProbeDeadline) -> ProbeFailure {
    switch error {
    case let failure as ProbeFailure: return failure
    case let error as NIOConnectionError:
      let attempts = error.connectionErrors.map { failure($0.error, of: address, deadline) }
      // One attempt for each address of the name. An attempt that lacked a descriptor might have had an answer. Without IPv6 its attempt
      // fails for that reason alone; a refusal has more meaning.
      let telling = attempts.first(where: \.isShortage) ?? attempts.first { $0 == .refused(address) }
      return telling ?? attempts.first ?? unresolved(error.host, address)
    case ChannelError.connectTimeout: return .noConnection(address, within: deadline.timeout)
    case let error as IOError:
      switch (error.errnoCode, address) {
      case (ECONNREFUSED, _): return .refused(address)
      case (ECONNRESET, _), (EPIPE, _): return .reset(address)
      case (ETIMEDOUT, _): return .noConnection(address, within: deadline.timeout)
      case (ENOENT, .unix(let path)): return .missingSocket(path: path)
      case (let code, _): return .unreachable(address, errno: code)
      }
    default: return .connectionFailed(address, reason: "\(error)")
    }
  }

  /// The resolver does not tell why it found nothing: whether there is a descriptor at this moment is the best that is known.
  private static func unresolved(_ host: String, _ address: ConnectAddress) -> ProbeFailure {
    let spare = open("/dev/null", O_RDONLY | O_CLOEXEC)
    guard spare >= 0 else { return .unreachable(address, errno: errno) }
    close(spare)
    return .unresolved(host: host)
  }
}

/// Resolves `localhost` to the loopback addresses by definition (RFC 6761): no name server is asked, and none can stall.
private struct LoopbackResolver: Resolver, Sendable {
  let loop: any EventLoop

  func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { addresses("127.0.0.1", port) }
  func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { addresses("::1", port) }
  func cancelQueries() {}

  private func addresses(_ literal: String, _ port: Int) -> EventLoopFuture<[SocketAddress]> {
    loop.makeCompletedFuture { [try SocketAddress(ipAddress: literal, port: port)] }
  }
}

/// The event for the handlers of a connection that the deadline has passed.
struct DeadlinePassed: Sendable {}
