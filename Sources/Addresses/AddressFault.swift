// The faults that an address can have.

/// Why a text is not an address.
package enum AddressFault: Error, Hashable, Sendable {
  /// The shape is wrong, and no advice fits.
  case malformed
  /// Nothing stands before the port.
  case hostMissing
  /// An IPv6 address without brackets.
  case bareIPv6
  /// Something else than an IPv6 address in brackets.
  case notIPv6
  /// There is a host but no port.
  case portMissing
  /// A number that is no port, or not one that fits here.
  case portOutOfRange(ClosedRange<Int>)
  /// The path of a Unix socket that does not begin with a slash.
  case pathNotAbsolute
  /// The path of a Unix socket that can only be a directory's.
  case pathOfDirectory
  /// The path of a Unix socket that does not fit into a socket address.
  case pathTooLong
  /// The scheme of a URL that is none, or not one that a check knows.
  case unknownScheme
  /// A check of a server with TLS.
  case httpsNotSupported
  /// A user or password in a URL.
  case userInfo
  /// A space, a control character or a character beyond ASCII in a URL.
  case notVisibleASCII
  /// The host part of a `http+unix` URL that is not an absolute path in percent-encoding.
  case socketPathNotEncoded

  /// How to mend the text, as the last clause of a sentence; nil where the right shape is all the advice there is.
  package var advice: String? {
    switch self {
    case .malformed, .portMissing, .unknownScheme: nil
    case .hostMissing: "the host is missing"
    case .bareIPv6: "an IPv6 address stands in brackets"
    case .notIPv6: "in the brackets stands an IPv6 address"
    case .portOutOfRange(let ports): "a port is a number from \(ports.lowerBound) to \(ports.upperBound)"
    case .pathNotAbsolute: "the path must be absolute"
    case .pathOfDirectory: "the path of a socket ends with the name of a file"
    case .pathTooLong: "the system allows \(UnixSocketPath.limit) bytes of path"
    case .httpsNotSupported: "https checks are not supported yet"
    case .userInfo: "a password goes into 'headers'"
    case .notVisibleASCII: "it is written without spaces, other letters as %XX"
    case .socketPathNotEncoded: "the socket's path is absolute, and written with %2F for each slash"
    }
  }
}
