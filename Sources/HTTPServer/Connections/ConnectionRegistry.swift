// All connections of a server, and how many there may be.

import Addresses
import NIOCore
import Synchronization

/// Counts connections, requests and streams, and finds them again when the server stops. Shared by all threads.
final class ConnectionRegistry: Sendable {
  /// What becomes of a new connection.
  enum Admission {
    case served
    /// One too many; it is told so.
    case overloaded
    /// Far too many, or the server stops; it is closed without a word.
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

  /// So many connections above the cap are told so at once; a flood is not worth more.
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
      guard state.overloaded < Self.maxOverloaded else { return .dropped }
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

  /// Counts a stream in, if there may be one more; whoever was let in counts it out.
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

  /// Keeps the task of a handler, or of a stream's producer, findable; a connection has one at most.
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

  /// From here on nobody is admitted; returns who is there.
  func stop() -> [any Channel] {
    state.withLock { state in
      state.isStopping = true
      return Array(state.channels.values)
    }
  }

  /// The handlers and producers that run at this moment.
  var runningHandlers: [Task<Void, Never>] { state.withLock { Array($0.handlers.values) } }
}
