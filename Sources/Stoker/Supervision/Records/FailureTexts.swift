// Texts of failures that the core cannot know: it sees that a spawn failed, the system has the reason.

import Orchestration

/// Texts for causes: the error of a task, the reason why a spawn or a hook failed, the message of a failed check.
/// A text is noted before the core handles the failure, so it always belongs to the newest failure of its kind.
struct FailureTexts: Sendable {
  private var texts: [Cause: Sentence] = [:]

  /// Keeps the text of a failure that the core will name `cause`.
  mutating func note(_ text: Sentence, as cause: Cause) {
    texts[cause] = text
  }

  /// The text of a cause, for people: the noted one, or else the core's.
  func text(of cause: Cause, in graph: DependencyGraph) -> Sentence {
    texts[cause] ?? Sentence(cause.text(in: graph))
  }
}
