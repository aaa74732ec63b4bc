// The error that verbs throw.

import Stoker

/// One sentence for the user, and the exit code that goes with it.
struct Failure: Error, Equatable {
  var status: ExitStatus
  var sentence: String
  /// Lines printed before the sentence, without our name: faults with their places in a file.
  var details: [String] = []
  /// The answer of the HTTP interface, where the refusal is its own.
  var answer: JSON?

  init(_ status: ExitStatus, _ sentence: String) {
    self.status = status
    self.sentence = sentence
  }
}
