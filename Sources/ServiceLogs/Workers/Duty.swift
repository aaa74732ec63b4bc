// One thread's time at a post: what it is at, and whether another has taken its place.

import Synchronization

/// What one thread is at, for the watchman to see. A new one for each thread that takes over.
final class Duty: Sendable {
  /// What may hang.
  struct Task: Sendable {
    /// The device the file is on.
    var device: UInt64
    var path: String
  }

  /// Odd while it is at something that may hang. In the same word, so that nobody is dismissed who has just gone on.
  private let beats = Atomic<UInt64>(0)
  private static let dismissed: UInt64 = 1 << 63
  private let task = Mutex<Task?>(nil)

  /// Something begins that may hang.
  func begin(_ task: Task) {
    self.task.withLock { $0 = task }
    beats.add(1, ordering: .sequentiallyConsistent)
  }

  /// It goes on.
  func progress() { beats.add(2, ordering: .relaxed) }

  /// It is over.
  func end() { beats.add(1, ordering: .sequentiallyConsistent) }

  /// Whether no other thread has taken over. If one has, it did so during what is over now, and nothing more is to be begun.
  var isOn: Bool { beats.load(ordering: .sequentiallyConsistent) & Self.dismissed == 0 }

  /// What it is at, or was at last.
  var current: Task? { task.withLock { $0 } }

  // MARK: The watchman's side

  var pulse: UInt64 { beats.load(ordering: .sequentiallyConsistent) }

  /// False if it has gone on since it had this pulse.
  func dismiss(at pulse: UInt64) -> Bool {
    beats.compareExchange(expected: pulse, desired: pulse | Self.dismissed, ordering: .sequentiallyConsistent).exchanged
  }
}
