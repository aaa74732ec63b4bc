// The note of a service where there is little room.

import Stoker

/// A note, and the state of the root cause that a table shows in its place where the note would be cut before it.
struct Note: Sendable, Equatable {
  var text: String
  /// The root cause, unless it is the service itself.
  var root: Root?

  struct Root: Sendable, Equatable {
    var name: String
    /// Its state and the reason, beginning with its name.
    var sentence: String
  }

  /// The text for `width` columns. A longer one is cut by the table; what is left of it names the root cause in any case.
  func fitting(_ width: Int) -> String {
    let text = TerminalText.line(text)
    guard let root, TextWidth.of(text) > width, !TextWidth.cut(text, to: width).dropLast().contains(TerminalText.line(root.name)) else {
      return text
    }
    return TerminalText.line(root.sentence)
  }
}

extension Note.Root {
  /// Nil for the JSON of no root cause.
  init?(_ json: JSON?) {
    guard let name = json?["name"]?.string, let sentence = json?["sentence"]?.string else { return nil }
    self.init(name: name, sentence: sentence)
  }
}
