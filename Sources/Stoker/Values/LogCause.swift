// The cause of a log line, for a handler that sums up lines of one cause (rule 79).

import Logging

package enum LogCause {
  /// The key in a record's metadata.
  package static let key = "cause"

  /// Metadata with the cause `running/betanet`.
  /// - Parameters:
  ///   - kind: The kind of message.
  ///   - subject: The service of the file. Never a name that a client chooses: a flood of names would be a flood of causes.
  package static func metadata(_ kind: String, _ subject: String) -> Logger.Metadata {
    [key: "\(kind)/\(subject)"]
  }
}
