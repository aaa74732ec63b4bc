// What a check found.

/// The result of one run of a check.
package struct ProbeResult: Sendable, Equatable {
  /// Whether the check found what it asked for.
  package let passed: Bool
  /// One sentence for people: at most 256 characters (Unicode scalars), no control characters.
  package let message: String
  /// From the first step to the finding, by the clock that stops in suspend.
  package let responseTime: Duration
  /// The answer's body, if it is one complete JSON object of at most 64 KiB: valid UTF-8 and valid JSON.
  package let details: [UInt8]?

  /// Makes any text a fit message: control characters become spaces, what is too long is cut.
  package init(passed: Bool, message: String, responseTime: Duration, details: [UInt8]? = nil) {
    self.passed = passed
    self.message = ProbeResult.fit(message)
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

  /// Line separators end a line of a log for some readers, and invisible marks can turn the order of the text around.
  private static func isFit(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: false
    default: true
    }
  }
}
