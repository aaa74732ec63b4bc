// A value that is made for the first that asks for it, and anew when the services are others.

import Synchronization

/// What is derived from the services of one service file.
final class PerGeneration<Value: Sendable>: Sendable {
  private let made = Mutex<(generation: Int, value: Value)?>(nil)

  /// The value for this generation, made now if nobody has asked for it before.
  func made(for generation: Int, by make: () -> Value) -> Value {
    made.withLock { made in
      if let made, made.generation == generation { return made.value }
      let value = make()
      made = (generation, value)
      return value
    }
  }
}
