// Answers to requests of HTTP checks.

/// An answer as far as it has been read.
struct HTTPReply: Sendable {
  /// How the reading ended.
  enum Ending: Sendable, Equatable {
    case complete
    /// Cut at the limit of bytes.
    case cut
    /// Ended before its end: closed, reset, too slow, malformed.
    case broken(ProbeFailure)
  }

  let status: Int
  let location: String?
  var body: [UInt8] = []
  var ending = Ending.complete

  var isRedirect: Bool {
    switch status {
    case 301, 302, 303, 307, 308: location != nil
    default: false
    }
  }
}
