// The connections of a server, and their limits.

import NIOCore
import Synchronization

/// Counts connections, requests and streams, and lists them when the server stops. Shared by all threads.
final class ConnectionRegistry: Sendable {
  /// The decision on a new connection.
  enum Admission {
    case served
    /// One too many; it gets this answer.
    case overloaded(Refusal)
    /// Far too many, or the server stops; it is closed without an answer.
    case dropped
  }

  private struct State {
    var channels: [ObjectIdentifier: any Channel] = [:]
    var handlers: [ObjectIdentifier: Task<Void, Never>] = [:]
    var served: ByKind
    var overloaded = 0
    var requests = 0
    var streams: ByKind
    var bodies: WaitingBodies
    var isStopping = false
  }

  /// Unix sockets have as many of everything as TCP, and of their own.
  private struct ByKind {
    private var tcp: Shares
    private var unix: Shares

    init(limit: Int) {
      tcp = Shares(limit: limit)
      unix = Shares(limit: limit)
    }

    var total: Int { tcp.total + unix.total }

    subscript(peer: PeerGroup) -> Shares {
      get { if case .unix = peer { unix } else { tcp } }
      _modify { if case .unix = peer { yield &unix } else { yield &tcp } }
    }
  }

  /// The most connections above the cap that get an answer at a time; a flood is not worth more, and descriptors may be few.
  private let maxOverloaded: Int

  private let state: Mutex<State>

  init(_ configuration: ServerConfiguration) {
    maxOverloaded = min(configuration.maxConnections, 64)
    state = Mutex(
      State(
        served: ByKind(limit: configuration.maxConnections), streams: ByKind(limit: configuration.maxStreams),
        bodies: WaitingBodies(limit: configuration.maxWaiting)))
  }

  /// Counts a new connection in; it counts itself out when it closes.
  func admit(_ channel: any Channel, _ peer: PeerGroup) -> Admission {
    let id = ObjectIdentifier(channel)
    let admission = state.withLock { state -> Admission in
      if state.isStopping { return .dropped }
      let refusal: Refusal
      switch state.served[peer].take(peer) {
      case .taken:
        state.channels[id] = channel
        return .served
      case .shareTaken: refusal = Refusal(fault: .tooManyConnectionsOfPeer, reason: .peerLimit)
      case .allTaken: refusal = Refusal(fault: .tooManyConnections, reason: .connectionLimit)
      }
      guard state.overloaded < maxOverloaded else { return .dropped }
      state.overloaded += 1
      state.channels[id] = channel
      return .overloaded(refusal)
    }
    switch admission {
    case .served: channel.closeFuture.whenComplete { _ in self.forget(id) { $0.served[peer].giveBack(peer) } }
    case .overloaded: channel.closeFuture.whenComplete { _ in self.forget(id) { $0.overloaded -= 1 } }
    case .dropped: break
    }
    return admission
  }

  private func forget(_ id: ObjectIdentifier, _ count: (inout State) -> Void) {
    state.withLock { state in
      state.channels[id] = nil
      state.bodies.ended(id)
      count(&state)
    }
  }

  func requestBegan() { state.withLock { $0.requests += 1 } }

  func requestEnded() { state.withLock { $0.requests -= 1 } }

  /// Counts a stream in, and returns nil, if there may be one more; its connection counts it out.
  func streamBegan(_ peer: PeerGroup) -> Refusal? {
    state.withLock { state in
      switch state.streams[peer].take(peer) {
      case .taken:
        state.bodies.streamBegan(peer)
        return nil
      case .shareTaken: return Refusal(fault: .tooManyStreamsOfPeer, reason: .peerLimit)
      case .allTaken: return Refusal(fault: .tooManyStreams, reason: .streamLimit)
      }
    }
  }

  func streamEnded(_ peer: PeerGroup) {
    state.withLock { state in
      state.streams[peer].giveBack(peer)
      state.bodies.streamEnded(peer)
    }
  }

  /// Counts the body of a response in, and returns nil, if there is room for it to wait; its connection counts it out. Others that have
  /// waited for long may be cut for it: `cut` is called with each.
  func bodyBegan(_ parts: [[UInt8]], on channel: any Channel, _ peer: PeerGroup, cut: (any Channel) -> Void) -> Refusal? {
    let channels = state.withLock { state -> [any Channel]? in
      switch state.bodies.offer(parts, of: ObjectIdentifier(channel), peer, at: .now()) {
      case .send(let cut): cut.compactMap { state.channels[$0] }
      case .refuse: nil
      }
    }
    guard let channels else { return Refusal(fault: .tooMuchWaits, reason: .waitingLimit) }
    channels.forEach(cut)
    return nil
  }

  func bodyEnded(on channel: any Channel) {
    state.withLock { $0.bodies.ended(ObjectIdentifier(channel)) }
  }

  /// Registers the task of a handler, or of a stream's producer; a connection has one at most.
  func handlerBegan(_ task: Task<Void, Never>, of connection: ObjectIdentifier) {
    state.withLock { $0.handlers[connection] = task }
  }

  func handlerEnded(of connection: ObjectIdentifier) {
    state.withLock { $0.handlers[connection] = nil }
  }

  var gauges: ServerGauges {
    state.withLock {
      ServerGauges(
        connections: $0.served.total, requestsInFlight: $0.requests, streams: $0.streams.total, waitingBytes: $0.bodies.size)
    }
  }

  /// Admits no further connection, and returns the open ones.
  func stop() -> [any Channel] {
    state.withLock { state in
      state.isStopping = true
      return Array(state.channels.values)
    }
  }

  /// The handlers and producers that run at this moment.
  var runningHandlers: [Task<Void, Never>] { state.withLock { Array($0.handlers.values) } }
}
