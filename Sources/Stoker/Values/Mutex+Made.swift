// A value that is made for the first that asks for it.

import Synchronization

extension Mutex {
  /// The value, made now if nobody has asked for it before.
  borrowing func made<Made: Sendable>(by make: () -> Made) -> Made where Value == Made? {
    withLock { value in
      let present = value ?? make()
      value = present
      return present
    }
  }
}
