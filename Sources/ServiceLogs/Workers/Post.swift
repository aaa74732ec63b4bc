// Work that one thread does at a time, and that another goes on with when that one hangs.

import Synchronization

/// A post. When the thread at it hangs, it is left alone with what it is at; another takes over and leaves out everything on that device.
final class Post: Sendable {
  private struct State {
    var duty = Duty()
    /// The devices that threads hang on, and how many do.
    var hung: [UInt64: Int] = [:]
  }

  let name: String
  private let state = Mutex(State())
  private let hungCount = Atomic<Int>(0)

  /// More threads than this are not left hanging: then all wait.
  private static let hungBound = 8

  init(_ name: String) {
    self.name = name
  }

  var duty: Duty { state.withLock { $0.duty } }

  /// Whether work on this device is to be left for later. Costs one load as long as nothing hangs.
  func isHung(_ device: UInt64) -> Bool {
    guard hungCount.load(ordering: .acquiring) > 0 else { return false }
    return state.withLock { $0.hung[device] != nil }
  }

  /// The thread on this duty hangs: makes a new duty for another, unless it has gone on since it had this pulse, or too many hang.
  func replace(_ duty: Duty, at pulse: UInt64) -> (duty: Duty, hung: Duty.Task)? {
    state.withLock { state in
      guard state.duty === duty, let task = duty.current, state.hung.count < Self.hungBound, duty.dismiss(at: pulse) else { return nil }
      // The thread that was dismissed comes here too (`answered`), but not before we are through.
      state.hung[task.device, default: 0] += 1
      hungCount.add(1, ordering: .releasing)
      state.duty = Duty()
      return (state.duty, task)
    }
  }

  /// A thread that was replaced goes on: its device answers.
  func answered(_ device: UInt64) {
    state.withLock { state in
      let count = (state.hung[device] ?? 1) - 1
      state.hung[device] = count > 0 ? count : nil
      hungCount.subtract(1, ordering: .releasing)
    }
  }
}
