// The connections of a server, and their limits.

import Addresses
import NIOCore
import Synchronization

/// Counts connections, requests and streams, and lists them when the server stops. Shared by all threads.
final class ConnectionRegistry: Sendable {
  /// The decision on a new connection.
  enum Admission {
    case served
    /// One too many; it gets an answer.
    case overloaded
    /// Far too many, or the server stops; it is closed without an answer.
    case dropped
  }

  private struct State {
    var channels: [ObjectIdentifier: any Channel] = [:]
    var handlers: [ObjectIdentifier: Task<Void, Never>] = [:]
    var served: [Kind: Int] = [:]
    var overloaded = 0
    var requests = 0
    var streams: [Kind: Int] = [:]
    var isStopping = false
  }

  private enum Kind: Hashable {
    case tcp
    case unix

    init(_ listener: ListenAddress) {
      self = if case .unix = listener { .unix } else { .tcp }
    }
  }

  /// The most connections above the cap that get an answer at a time; a flood is not worth more.
  private static let maxOverloaded = 64

  private let limit: Int
  private let streamLimit: Int
  private let state = Mutex(State())

  init(limit: Int, streamLimit: Int) {
    self.limit = limit
    self.streamLimit = streamLimit
  }

  /// Counts a new connection in; it counts itself out when it closes.
  func admit(_ channel: any Channel, listener: ListenAddress) -> Admission {
    let kind = Kind(listener)
    let id = ObjectIdentifier(channel)
    let admission = state.withLock { state -> Admission in
      if state.isStopping { return .dropped }
      if state.served[kind, default: 0] < limit {
        state.served[kind, default: 0] += 1
        state.channels[id] = channel
        return .served
      }
      guard state.overloaded < min(limit, Self.maxOverloaded) else { return .dropped }
      state.overloaded += 1
      state.channels[id] = channel
      return .overloaded
    }
    switch admission {
    case .served: channel.closeFuture.whenComplete { _ in self.forget(id) { $0.served[kind, default: 0] -= 1 } }
    case .overloaded: channel.closeFuture.whenComplete { _ in self.forget(id) { $0.overloaded -= 1 } }
    case .dropped: break
    }
    return admission
  }

  private func forget(_ id: ObjectIdentifier, _ count: (inout State) -> Void) {
    state.withLock { state in
      state.channels[id] = nil
      count(&state)
    }
  }

  func requestBegan() { state.withLock { $0.requests += 1 } }

  func requestEnded() { state.withLock { $0.requests -= 1 } }

  /// Counts a stream in, if there may be one more; its connection counts it out.
  func streamBegan(on listener: ListenAddress) -> Bool {
    state.withLock { state in
      guard state.streams[Kind(listener), default: 0] < streamLimit else { return false }
      state.streams[Kind(listener), default: 0] += 1
      return true
    }
  }

  func streamEnded(on listener: ListenAddress) {
    state.withLock { $0.streams[Kind(listener), default: 0] -= 1 }
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
        connections: $0.served.values.reduce(0, +), requestsInFlight: $0.requests, streams: $0.streams.values.reduce(0, +))
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
