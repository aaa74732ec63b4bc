// An answer from another thread.

import Synchronization

/// An answer that is given once and awaited by one task. A second answer is dropped.
final class Answer<Value: Sendable>: Sendable {
  private enum State {
    case open
    case awaited(CheckedContinuation<Value, Never>)
    case given(Value)
    case taken
  }

  private let state = Mutex(State.open)

  func give(_ value: Value) {
    let awaiting = state.withLock { state -> CheckedContinuation<Value, Never>? in
      switch state {
      case .open:
        state = .given(value)
        return nil
      case .awaited(let continuation):
        state = .taken
        return continuation
      case .given, .taken: return nil
      }
    }
    awaiting?.resume(returning: value)
  }

  /// The answer; after `time`, the value of `otherwise`.
  func value(within time: Duration, otherwise: @escaping @Sendable () -> Value) async -> Value {
    let limit = Task {
      if (try? await Task.sleep(for: time, clock: .suspending)) != nil { self.give(otherwise()) }
    }
    defer { limit.cancel() }
    return await withCheckedContinuation { continuation in
      let early = state.withLock { state -> Value? in
        switch state {
        case .open:
          state = .awaited(continuation)
          return nil
        case .given(let value):
          state = .taken
          return value
        case .awaited, .taken: preconditionFailure("an answer is awaited once, and it is \(state)")
        }
      }
      if let early { continuation.resume(returning: early) }
    }
  }
}
