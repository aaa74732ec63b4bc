// Failures of checks over a socket or a file, with their sentences.

import Addresses
import Linux

/// The reason why a check failed. The description is the message for people: it shows parts of the request, never of the answer.
enum ProbeFailure: Error, Equatable, CustomStringConvertible {
  // Connections.
  case unresolved(host: String)
  case noConnection(ConnectAddress, within: Duration)
  case refused(ConnectAddress)
  case reset(ConnectAddress)
  case missingSocket(path: String)
  case unreachable(ConnectAddress, errno: CInt)
  case connectionFailed(ConnectAddress, reason: String)
  // Answers.
  case noAnswer(within: Duration)
  case incompleteAnswer(within: Duration)
  case closedBeforeAnswer
  case closedInAnswer
  case headTooLarge
  case notHTTP
  case badRequest(String)
  case status(Int, expected: [ClosedRange<Int>])
  case tooManyRedirects(Int)
  case foreignRedirect(String)
  case unusableRedirect
  case bodyMismatch(Pattern)
  case closedBeforeExpectedBytes
  case noExpectedBytes(within: Duration)
  case noExpectedBytesIn(kibibytes: Int)
  // Files.
  case missingFile(path: String)
  case unreadableFile(path: String, errno: CInt)
  case oldFile(path: String, age: Duration, allowed: Duration)
  case fileSystemHangs(path: String, within: Duration)
  // This process.
  case cancelled

  var description: String {
    switch self {
    case .unresolved(let host): "the host name '\(host)' cannot be resolved"
    case .noConnection(let address, let time): "no connection to \(address) within \(time.text)"
    case .refused(let address): "connection to \(address) refused"
    case .reset(let address): "connection to \(address) reset"
    case .missingSocket(let path): "the socket \(path) is missing"
    case .unreachable(let address, let errno): "no connection to \(address): \(SystemError(errno: errno))"
    case .connectionFailed(let address, let reason): "no connection to \(address): \(reason)"
    case .noAnswer(let time): "no answer within \(time.text)"
    case .incompleteAnswer(let time): "the answer is not complete within \(time.text)"
    case .closedBeforeAnswer: "connection closed before an answer came"
    case .closedInAnswer: "connection closed in the middle of the answer"
    case .headTooLarge: "the answer's header is too large"
    case .notHTTP: "the answer is not valid HTTP"
    case .badRequest(let problem): problem
    case .status(let status, let expected): "status \(status), expected \(expected.map(ProbeFailure.text).joined(separator: ", "))"
    case .tooManyRedirects(let limit): "more than \(limit) \(limit == 1 ? "redirect" : "redirects")"
    case .foreignRedirect(let origin): "redirected to another origin: \(origin)"
    case .unusableRedirect: "redirected to an address that cannot be used"
    case .bodyMismatch(let pattern): "body does not match '\(pattern.source.prefix(100))'"
    case .closedBeforeExpectedBytes: "connection closed before the expected answer came"
    case .noExpectedBytes(let time): "the expected answer did not come within \(time.text)"
    case .noExpectedBytesIn(let kibibytes): "the expected answer is not in the first \(kibibytes) KiB"
    case .missingFile(let path): "file \(path) is missing"
    case .unreadableFile(let path, let errno): "file \(path) cannot be looked at: \(SystemError(errno: errno))"
    case .oldFile(let path, let age, let allowed): "file \(path) was modified \(age.text) ago, allowed are \(allowed.text)"
    case .fileSystemHangs(let path, let time): "the file system of \(path) did not answer within \(time.text)"
    case .cancelled: "the check was cancelled"
    }
  }

  /// Whether there was no descriptor for the check, which says nothing about the service.
  var isShortage: Bool {
    switch self {
    case .unreachable(_, let errno), .unreadableFile(_, let errno): SystemError(errno: errno).isDescriptorShortage
    default: false
    }
  }

  private static func text(of range: ClosedRange<Int>) -> String {
    range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
  }
}
