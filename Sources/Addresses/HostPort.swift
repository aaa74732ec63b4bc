// `HOST:PORT`, as a service file or a command line writes it.

/// A host and a port to connect to or to listen on.
package struct HostPort: Hashable, Sendable, CustomStringConvertible {
  /// A DNS name, an IPv4 address, or an IPv6 address without its brackets; in lower case.
  package let host: String
  /// The port.
  package let port: Int

  /// Makes an address from its parts.
  package init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Reads `HOST:PORT` or `[V6]:PORT`; without the port where there is a default.
  package init(
    parsing text: some StringProtocol, ports: ClosedRange<Int> = 1...65535, defaultPort: Int? = nil
  ) throws(AddressFault) {
    let authority = try Authority(parsing: text, ports: ports)
    guard authority.host.utf8.contains(UInt8(ascii: ":")) || Self.isHost(authority.host) else { throw .malformed }
    guard let port = authority.port ?? defaultPort else { throw .portMissing }
    self.init(host: authority.host, port: port)
  }

  /// The address as ``init(parsing:ports:defaultPort:)`` reads it.
  package var description: String { Authority(host: host, port: port).description }

  /// Whether a text is a DNS name or an IPv4 address; digits and dots alone must be the latter.
  package static func isHost(_ text: String) -> Bool {
    guard !text.isEmpty, text.utf8.count <= 253 else { return false }
    if text.utf8.allSatisfy({ ASCII.isDigit($0) || $0 == UInt8(ascii: ".") }) { return IPLiteral(text) != nil }
    return text.utf8.allSatisfy(ASCII.isLetterOrDigit(or: "._-")) && !text.hasPrefix(".") && !text.hasPrefix("-")
  }
}
