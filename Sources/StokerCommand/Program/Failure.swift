// The only error that the verbs throw themselves.

import Stoker

/// One sentence for the person at the terminal, and the exit code that goes with it.
struct Failure: Error, Equatable {
  var status: ExitStatus
  var sentence: String
  /// Lines that come before the sentence, without our name: places in a file.
  var details: [String] = []
  /// What the HTTP interface answered, where it is the one that refuses.
  var answer: JSON?

  init(_ status: ExitStatus, _ sentence: String) {
    self.status = status
    self.sentence = sentence
  }
}
