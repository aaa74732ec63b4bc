// The only error that the verbs throw themselves.

/// One sentence for the person at the terminal, and the exit code that goes with it.
struct Failure: Error, Equatable {
  var status: ExitStatus
  var sentence: String
  /// Lines that come before the sentence, without our name: places in a file.
  var details: [String] = []

  init(_ status: ExitStatus, _ sentence: String) {
    self.status = status
    self.sentence = sentence
  }
}
