// The pipeline of a new connection.

import Addresses
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

extension HTTPServer {
  func bootstrap(_ group: MultiThreadedEventLoopGroup, _ address: ListenAddress) -> ServerBootstrap {
    let hosts = HostPolicy(configuration)
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(AcceptPause()) }
      }
      // A client that has closed its own side still gets its answer.
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { [configuration, router, registry, observer] channel in
        // All of it runs at once: the connection belongs to this event loop.
        Peer.of(channel, on: address).flatMapThrowing { peer in
          let group = PeerGroup(peer, channel)
          switch registry.admit(channel, group) {
          case .served:
            let gate = RequestGate(
              router: router, hosts: hosts, configuration: configuration, peer: peer, group: group, listener: address)
            let renderer = ResponseRenderer(level: configuration.compressionLevel, threshold: configuration.compressionThreshold)
            let connection = ConnectionHandler(gate: gate, renderer: renderer, registry: registry, observer: observer)
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderFieldSize = configuration.maxHeaderField
            // The target counts as a field of the head.
            limits.maxHeaderListSize = configuration.maxHeaders + configuration.maxTarget
            limits.maxHeaderFieldCount = configuration.maxHeaderFields
            try channel.pipeline.syncOperations.addHandlers(
              WireWatch(connection, maxTarget: configuration.maxTarget),
              HTTPResponseEncoder(),
              ByteToMessageHandler(HTTPRequestDecoder(limitConfiguration: limits)),
              connection)
          case .overloaded(let refusal):
            if let reason = refusal.reason { observer?.rejected(reason: reason) }
            try channel.pipeline.syncOperations.addHandler(OverloadHandler(refusal.fault, linger: TimeAmount(configuration.lingerTimeout)))
          case .dropped:
            observer?.rejected(reason: .connectionLimit)
            channel.close(promise: nil)
          }
        }
      }
    guard case .tcp = address else { return bootstrap }
    return bootstrap.childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
  }
}

extension Peer {
  /// The other end of a new connection.
  fileprivate static func of(_ channel: any Channel, on listener: ListenAddress) -> EventLoopFuture<Peer> {
    guard case .unix = listener else { return channel.eventLoop.makeSucceededFuture(Peer(tcp: channel.remoteAddress)) }
    guard let socket = channel as? any SocketOptionProvider else { return channel.eventLoop.makeSucceededFuture(.unix(nil)) }
    return socket.unsafeGetSocketOption(level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
      .map { (credentials: Credentials) in
        .unix(PeerProcess(user: credentials.user, pid: credentials.pid == 0 ? nil : credentials.pid))
      }
      .recover { _ in .unix(nil) }
  }

  private init(tcp remote: SocketAddress?) {
    guard let remote, let address = remote.ipAddress else {
      self = .remote("unknown")
      return
    }
    let text = ListenAddress.tcp(host: address, port: remote.port ?? 0).description
    self = IPLiteral(address)?.isLoopback == true ? .loopback(text) : .remote(text)
  }
}

/// `struct ucred` of the kernel, which the C library hides from Swift.
private struct Credentials {
  let pid: Int32
  let user: UInt32
  let group: UInt32
}
