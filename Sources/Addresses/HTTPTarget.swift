// URLs of HTTP checks.

/// The target of a request: a socket, and a path on the server behind it.
package struct HTTPTarget: Sendable, Hashable {
  /// The socket to connect to.
  package let address: ConnectAddress
  /// Path and query as they stand in the request line: begins with a slash, visible ASCII only.
  package let path: String

  /// Reads `http://HOST[:PORT][/PATH]` or `http+unix://%2FSOCKET%2FPATH[/PATH]`; a fragment is dropped.
  package init(parsing url: some StringProtocol) throws(AddressFault) {
    guard let (scheme, text) = URLText.split(url) else { throw .unknownScheme }
    let rest = text.prefix { $0 != "#" }
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    switch scheme {
    case "http": address = .tcp(try Self.server(authority))
    case "http+unix": address = .unix(path: try Self.socketPath(authority))
    case "https": throw .httpsNotSupported
    default: throw .unknownScheme
    }
    path = try Self.checkedPath(rest[authority.endIndex...])
  }

  init(address: ConnectAddress, path: String) {
    self.address = address
    self.path = path
  }

  /// The value of the `Host` field. A Unix socket has no name; servers behind one expect `localhost`.
  package var host: String {
    switch address {
    case .tcp(let address): Authority(host: address.host, port: address.port == 80 ? nil : address.port).description
    case .unix: "localhost"
    }
  }

  private static func server(_ authority: Substring) throws(AddressFault) -> HostPort {
    guard !authority.contains("@") else { throw .userInfo }
    guard isVisibleASCII(authority) else { throw .notVisibleASCII }
    return try HostPort(parsing: authority, defaultPort: 80)
  }

  private static func socketPath(_ authority: Substring) throws(AddressFault) -> String {
    guard isVisibleASCII(authority) else { throw .notVisibleASCII }
    guard let path = PercentDecoding.decode(authority), path.hasPrefix("/") else { throw .socketPathNotEncoded }
    try UnixSocketPath.check(path)
    return path
  }

  /// A path for the request line.
  static func checkedPath(_ text: some StringProtocol) throws(AddressFault) -> String {
    guard isVisibleASCII(text) else { throw .notVisibleASCII }
    return text.first == "/" ? String(text) : "/" + text
  }

  private static func isVisibleASCII(_ text: some StringProtocol) -> Bool {
    text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
  }
}
