// What is wrong with the text of a listen address.

/// A text that is no listen address, and why.
public struct ListenAddressError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was found wrong.
  public enum Reason: Hashable, Sendable {
    /// It is neither `host:port` nor `unix:/path`; an IPv6 address needs brackets.
    case malformed
    /// There is a host but no port.
    case portMissing
    /// The path after `unix:` does not start with a slash, or ends with one.
    case pathNotAbsolute
  }

  /// The text that was given.
  public let text: String
  /// What was found wrong.
  public let reason: Reason

  init(_ text: String, _ reason: Reason) {
    self.text = text
    self.reason = reason
  }

  /// One sentence with an example of what would be right.
  public var description: String {
    switch reason {
    case .malformed:
      "'\(text)' is no address to listen on; write host:port (127.0.0.1:10101, [::1]:10101, 0.0.0.0:10101) or unix:/path"
    case .portMissing: "'\(text)' has no port; write for example \(text):10101"
    case .pathNotAbsolute: "'\(text)' needs the absolute path of a socket file, for example unix:/run/example.sock"
    }
  }
}
