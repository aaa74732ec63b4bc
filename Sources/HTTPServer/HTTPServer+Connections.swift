// The pipeline of a new connection.

import Addresses
import NIOCore
import NIOHTTP1
import NIOPosix

extension HTTPServer {
  func bootstrap(_ group: MultiThreadedEventLoopGroup, _ address: ListenAddress) -> ServerBootstrap {
    let hosts = HostPolicy(configuration)
    let bootstrap = ServerBootstrap(group: group)
      // A client that has closed its own side still gets its answer.
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { [configuration, router, registry, observer] channel in
        channel.eventLoop.makeCompletedFuture {
          switch registry.admit(channel, listener: address) {
          case .served:
            let gate = RequestGate(
              router: router, hosts: hosts, configuration: configuration, peer: Peer(of: channel, on: address), listener: address)
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
          case .overloaded:
            observer?.rejected(reason: .connectionLimit)
            try channel.pipeline.syncOperations.addHandler(OverloadHandler(linger: TimeAmount(configuration.lingerTimeout)))
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
  init(of channel: any Channel, on listener: ListenAddress) {
    if case .unix = listener {
      self = .unix
      return
    }
    guard let remote = channel.remoteAddress, let address = remote.ipAddress else {
      self = .remote("unknown")
      return
    }
    let text = ListenAddress.tcp(host: address, port: remote.port ?? 0).description
    self = IPLiteral(address)?.isLoopback == true ? .loopback(text) : .remote(text)
  }
}
