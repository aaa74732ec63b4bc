// What can be wrong with the URL of a check.

/// Why a URL cannot be checked.
package enum HTTPTargetError: Error, Equatable, CustomStringConvertible {
  case httpsNotSupported
  case unknownScheme
  case userInfo
  case address(AddressError)
  case badSocketPath
  case badPath

  /// What to change, for a message about a service file.
  package var description: String {
    switch self {
    case .httpsNotSupported: "https checks are not supported yet"
    case .unknownScheme: "the URL must begin with http:// or http+unix://"
    case .userInfo: "a name or password in the URL is not supported: use `headers`"
    case .address(let error): error.description
    case .badSocketPath:
      "the socket must be an absolute path of at most 107 bytes with %2F for each slash: http+unix://%2Frun%2Fdao.sock/health"
    case .badPath: "the path holds a space, a control character or a character beyond ASCII: write it as %XX"
    }
  }
}
