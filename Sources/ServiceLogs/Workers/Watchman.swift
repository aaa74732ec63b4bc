// Notices that a thread hangs in a write, and takes its place.

import Glibc
import Linux
import Synchronization

/// Watches the posts of a collector, while there is anything to watch: when nothing is written it sleeps until it is woken.
final class Watchman: Sendable {
  private let bell: Wakeup
  private let isAsleep = Atomic<Bool>(false)
  private let isOver = Atomic<Bool>(false)

  /// A write that takes longer than this (and at most twice as long) hangs.
  private static let patience: Int32 = 1000

  init() throws(SystemError) {
    bell = try Wakeup()
  }

  /// Something begins that may hang. Costs one load, unless nothing was written for a while.
  func wake() {
    // The order matters: our beat before this load, the watchman's falling asleep before its look at the beats.
    if isAsleep.load(ordering: .sequentiallyConsistent), isAsleep.exchange(false, ordering: .sequentiallyConsistent) { bell.ring() }
  }

  func end() {
    isOver.store(true, ordering: .sequentiallyConsistent)
    bell.ring()
  }

  /// Watches until there is nothing more to watch, or a duty is to be taken over: then returns its post.
  func watch(_ posts: [Post]) -> (post: Post, duty: Duty, hung: Duty.Task)? {
    var seen: [(duty: Duty, pulse: UInt64)] = []
    while true {
      var entry = pollfd(fd: bell.descriptor, events: Int16(POLLIN), revents: 0)
      poll(&entry, 1, isAsleep.load(ordering: .sequentiallyConsistent) ? -1 : Self.patience)
      bell.wait()
      if isOver.load(ordering: .sequentiallyConsistent) { return nil }
      let now = posts.map { post in
        let duty = post.duty
        return (duty: duty, pulse: duty.pulse)
      }
      let isSame = zip(seen, now).map { $0.duty === $1.duty && $0.pulse == $1.pulse }
      for (index, post) in posts.enumerated() where index < isSame.count && isSame[index] && now[index].pulse % 2 == 1 {
        if let (duty, hung) = post.replace(now[index].duty, at: now[index].pulse) { return (post, duty, hung) }
      }
      seen = now
      // Nothing begun, and nothing done since the last look.
      if !isSame.isEmpty, isSame.allSatisfy({ $0 }), now.allSatisfy({ $0.pulse % 2 == 0 }) {
        isAsleep.store(true, ordering: .sequentiallyConsistent)
        let isQuiet = zip(posts, now).allSatisfy { $0.duty === $1.duty && $0.duty.pulse == $1.pulse }
        if !isQuiet { isAsleep.store(false, ordering: .sequentiallyConsistent) }
      }
    }
  }
}
