// Names of users, for the origins of changes.

import Exposition
import Linux
import ServiceFile
import Synchronization

/// Looks up the names of users. The system may ask a directory in the network, and wait for it: each lookup has a thread of its own, there are
/// two at most, and a request waits only a moment. A user without a name is shown by its number.
final class UserNames: Sendable {
  private struct State {
    var known: [UInt32: (name: String?, since: SuspendingClock.Instant)] = [:]
    var running = 0
  }

  /// The names that the system knows.
  static let system = UserNames { Identity.name(ofUser: $0) }

  /// After it a name is looked up again: users are removed, and their numbers are given to others.
  private static let lifetime = Duration.seconds(60)
  private static let mostRunning = 2
  private static let mostKnown = 1000

  private let patience: Duration
  private let lookUp: @Sendable (UInt32) -> String?
  private let state = Mutex(State())

  /// - Parameters:
  ///   - patience: How long a request waits for a name.
  ///   - lookUp: Returns the name of a user; it may block.
  init(patience: Duration = .milliseconds(250), _ lookUp: @escaping @Sendable (UInt32) -> String?) {
    self.patience = patience
    self.lookUp = lookUp
  }

  /// The name of a user; nil if there is none, or it is not known yet.
  func name(of user: UInt32) async -> String? {
    let now = SuspendingClock.now
    let (known, mayAsk) = state.withLock { state in
      let known = state.known[user]
      let mayAsk = known.map { now - $0.since > Self.lifetime } ?? true && state.running < Self.mostRunning
      if mayAsk { state.running += 1 }
      return (known?.name, mayAsk)
    }
    guard mayAsk else { return known }
    let answer = Task<String?, Never> {
      await withCheckedContinuation { reply in
        do {
          _ = try NativeThread("stoker-names", isDetached: true) { reply.resume(returning: self.learn(user)) }
        } catch {
          self.state.withLock { $0.running -= 1 }
          reply.resume(returning: nil)
        }
      }
    }
    return await answer.value(within: patience) ?? nil
  }

  private func learn(_ user: UInt32) -> String? {
    let name = lookUp(user).flatMap { Self.isPrintable($0) ? $0 : nil }
    state.withLock { state in
      state.running -= 1
      if state.known.count >= Self.mostKnown { state.known.removeAll() }
      state.known[user] = (name, SuspendingClock.now)
    }
    return name
  }

  /// Whether a name can stand in a line of the log without pretending to be more than a name.
  private static func isPrintable(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count) && name.utf8.allSatisfy { (0x21...0x7e).contains($0) && !"(),:".utf8.contains($0) }
  }
}
