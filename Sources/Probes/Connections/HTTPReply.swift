// What came back for one request.

/// An answer as far as it was read.
struct HTTPReply: Sendable {
  /// How the reading ended.
  enum Ending: Sendable, Equatable {
    case complete
    /// At the limit of what is read.
    case cut
    /// Before the end: closed, reset, too slow, malformed.
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
