// The warning about the service file by which a Stoker was found.

import Stoker

/// A warning that is not told twice.
struct FileWarning: Sendable {
  var sentence: String
  /// The first fault of the file, without the name of the file; nil: the file has none.
  var fault: String?

  /// Whether one of Stoker's own troubles in an answer names the same fault: the file was not reloaded.
  func isTold(by answer: JSON?) -> Bool {
    guard let fault else { return false }
    return (answer?["troubles"]?.array ?? []).contains {
      $0["code"]?.string == "reload_refused" && $0["sentence"]?.string?.contains(fault) == true
    }
  }

  func report() {
    Console.report("warning: \(sentence)")
  }
}
