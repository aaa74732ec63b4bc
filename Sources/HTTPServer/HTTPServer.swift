// The server: binds, accepts, stops.

import Addresses
import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// A small HTTP/1.1 server with its limits built in: one event loop, one request at a time on a connection.
///
/// It starts once and, once started, must be stopped: it holds a thread and its sockets until then. Handlers run as tasks of their own.
package final class HTTPServer: Sendable {
  private enum Phase {
    case created
    case starting
    case running(Running)
    case stopped
  }

  private struct Running {
    let group: MultiThreadedEventLoopGroup
    let channels: [any Channel]
    let files: [SocketFile]
  }

  let configuration: ServerConfiguration
  let router: Router
  let observer: (any ServerObserver)?
  let registry: ConnectionRegistry
  private let phase = Mutex(Phase.created)

  /// Makes a server that does nothing yet. Two routes for one method and pattern are a programming error.
  package init(configuration: ServerConfiguration, routes: [Route], observer: (any ServerObserver)? = nil) {
    self.configuration = configuration
    self.observer = observer
    router = Router(routes)
    registry = ConnectionRegistry(configuration)
  }

  /// How busy the server is now.
  package var gauges: ServerGauges { registry.gauges }

  /// Reads the gauges without keeping the server alive: for handlers of its own routes.
  package var gaugeReader: @Sendable () -> ServerGauges {
    { [registry] in registry.gauges }
  }

  /// Binds all listeners and begins to serve; if one fails, none stays bound.
  ///
  /// A Unix socket has mode 0600 from the moment its file exists. The socket of a dead server is replaced, that of a live one is not.
  /// - Returns: the addresses in the order of the configuration, with the real port in place of 0.
  @discardableResult
  package func start() async throws(ServerError) -> [ListenAddress] {
    let mayStart = phase.withLock { phase in
      guard case .created = phase else { return false }
      phase = .starting
      return true
    }
    guard mayStart else { throw .alreadyStarted }
    do throws(ServerError) {
      let sockets = try await bindAll()
      guard isStarting else {
        for socket in sockets { socket.discard() }
        throw .stopped
      }
      let running = try await listen(sockets)
      let isWanted = phase.withLock { phase in
        if case .stopped = phase { return false }
        phase = .running(running)
        return true
      }
      guard isWanted else {
        await end(running)
        throw .stopped
      }
      return sockets.map(\.address)
    } catch {
      phase.withLock { $0 = .stopped }
      throw error
    }
  }

  /// False after a stop.
  private var isStarting: Bool {
    phase.withLock { phase in
      if case .starting = phase { true } else { false }
    }
  }

  /// Stops accepting, ends streams, lets requests that are under way finish for at most `grace`, and closes every connection.
  ///
  /// A handler or producer that ignores its cancellation goes on. A server that is just starting does not start, and is not waited for; on
  /// one that was not started this does nothing.
  package func stop(grace: Duration = .seconds(2)) async {
    let running = phase.withLock { phase -> Running? in
      switch phase {
      case .running(let running):
        phase = .stopped
        return running
      case .starting:
        phase = .stopped
        return nil
      case .created, .stopped: return nil
      }
    }
    guard let running else { return }
    await end(running, grace: grace)
  }

  private func end(_ running: Running, grace: Duration = .zero) async {
    // The files first: a path without a listener would look dead to a successor, and its new file would then be removed here.
    for file in running.files { file.remove() }
    for channel in running.channels { try? await channel.close() }
    let loop = running.group.any()
    // Connections accepted before the listeners closed are registered after one more turn of the loop.
    try? await loop.submit {}.get()
    let connections = registry.stop()
    for connection in connections { connection.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    let cut = loop.scheduleTask(in: TimeAmount(grace)) {
      for connection in connections { connection.close(promise: nil) }
    }
    try? await EventLoopFuture.andAllComplete(connections.map(\.closeFuture), on: loop).get()
    cut.cancel()

    let handlers = registry.runningHandlers
    if handlers.isEmpty {
      try? await running.group.shutdownGracefully()
    } else {
      // They hand their responses to the loop, which ends after the last of them.
      Task {
        for handler in handlers { await handler.value }
        try? await running.group.shutdownGracefully()
      }
    }
  }

  /// Binds all listeners. Resolving and binding may block, so they run on a thread for blocking calls.
  private func bindAll() async throws(ServerError) -> [ListeningSocket] {
    let addresses = configuration.listeners
    let bound = try? await NIOThreadPool.singleton.runIfActive { () -> Result<[ListeningSocket], ServerError> in
      var sockets: [ListeningSocket] = []
      do throws(ServerError) {
        for address in addresses { sockets.append(try ListeningSocket.bind(address)) }
        return .success(sockets)
      } catch {
        for socket in sockets { socket.discard() }
        return .failure(error)
      }
    }
    guard let bound else { preconditionFailure("NIO's singleton thread pool is never shut down") }
    return try bound.get()
  }

  private func listen(_ sockets: [ListeningSocket]) async throws(ServerError) -> Running {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    var channels: [any Channel] = []
    for (index, socket) in sockets.enumerated() {
      do {
        channels.append(try await bootstrap(group, socket.address).withBoundSocket(socket.descriptor).get())
        // NIO sets a queue of 128 for a socket that it did not create, whatever its backlog option says; a burst of connections would then
        // wait for their repeated SYNs, a thousand of them for 7 s.
        Glibc.listen(socket.descriptor, ListeningSocket.backlog)
      } catch {
        for socket in sockets { socket.file?.remove() }
        for channel in channels { try? await channel.close() }
        // NIO has closed the descriptor that it failed on; those after it are still open.
        for socket in sockets[(index + 1)...] { socket.discard() }
        try? await group.shutdownGracefully()
        guard let failure = error as? IOError else { throw .system(socket.address, call: "listen", errno: 0) }
        throw failure.errnoCode == EADDRINUSE
          ? .addressInUse(socket.address) : .system(socket.address, call: "listen", errno: failure.errnoCode)
      }
    }
    return Running(group: group, channels: channels, files: sockets.compactMap(\.file))
  }
}
