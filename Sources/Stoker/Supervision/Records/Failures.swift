// Failures in the words of the world: the core knows that a spawn failed, the system says why.

import Orchestration

/// Causes that the world has words of its own for: what a task threw, why a spawn or a hook failed, what the failed check said.
/// The world speaks before the core hears of it, so the words are always those of the newest such failure.
struct Failures: Sendable {
  private var texts: [Cause: String] = [:]

  /// Keeps the words of a failure that the core is about to name as `cause`.
  mutating func note(_ text: String, as cause: Cause) {
    texts[cause] = text
  }

  /// The words of a cause, for people: the world's own, or else the core's.
  func words(of cause: Cause, in graph: DependencyGraph) -> String {
    texts[cause] ?? cause.text(in: graph)
  }
}
