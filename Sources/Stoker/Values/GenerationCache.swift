// A value that is made at its first use, and again for other services.

import Synchronization

/// A value derived from the services of one service file.
final class GenerationCache<Value: Sendable>: Sendable {
  private let made = Mutex<(generation: Int, value: Value)?>(nil)

  /// The value for this generation, made at its first use.
  func made(for generation: Int, by make: () -> Value) -> Value {
    made.withLock { made in
      if let made, made.generation == generation { return made.value }
      let value = make()
      made = (generation, value)
      return value
    }
  }
}
