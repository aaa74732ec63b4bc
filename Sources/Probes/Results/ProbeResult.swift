// Results of checks.

/// The result of one check.
package struct ProbeResult: Sendable, Equatable {
  /// Whether the check passed.
  package let passed: Bool
  /// Whether it was made at all: not where Stoker, or the machine, had no descriptor for it. `passed` is false then, and means nothing.
  package let isMade: Bool
  /// One sentence for people: at most 256 characters (Unicode scalars), no control characters.
  package let message: String
  /// The message without the output of the check's command; nil: it quotes none.
  package let withoutOutput: String?
  /// The time from the first step to the finding, by the clock that stops in suspend.
  package let responseTime: Duration
  /// The answer's body, if it is one complete JSON object of at most 64 KiB in valid UTF-8.
  package let details: [UInt8]?

  /// Makes a result. In the message control characters become spaces, and a text that is too long is cut.
  package init(
    passed: Bool, isMade: Bool = true, message: String, withoutOutput: String? = nil, responseTime: Duration, details: [UInt8]? = nil
  ) {
    self.passed = passed
    self.isMade = isMade
    self.message = ProbeResult.fit(message)
    self.withoutOutput = withoutOutput.map(ProbeResult.fit)
    self.responseTime = responseTime
    self.details = details
  }

  private static let messageLimit = 256

  private static func fit(_ message: String) -> String {
    var scalars = String.UnicodeScalarView()
    var count = 0
    for scalar in message.unicodeScalars {
      guard count < messageLimit else {
        scalars.removeLast()
        scalars.append("…")
        break
      }
      scalars.append(isFit(scalar) ? scalar : " ")
      count += 1
    }
    return String(scalars)
  }

  /// Whether a character may stand in a message. For some readers line separators end a line, and invisible marks can reverse the text.
  private static func isFit(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: false
    default: true
    }
  }
}
