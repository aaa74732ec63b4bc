// Findings of checks: results without the time that they took.

/// Whether a check passed, and the sentence about it.
struct Finding: Sendable, Equatable {
  var passed: Bool
  /// False where there was no descriptor for the check.
  var isMade = true
  var message: String
  /// The message without the output that it quotes; nil: it quotes none.
  var withoutOutput: String?
  var details: [UInt8]?

  static func passed(_ message: String, details: [UInt8]? = nil) -> Finding {
    Finding(passed: true, message: message, details: details)
  }

  static func failed(_ failure: ProbeFailure, details: [UInt8]? = nil) -> Finding {
    Finding(passed: false, isMade: !failure.isShortage, message: failure.description, details: details)
  }
}
