// `host[:port]`: the grammar below every address with a host.

/// A host and perhaps a port, as a Host header, an Origin, a request target or a URL has them.
///
/// This is syntax alone: `127.1` is a name here. ``HostPort`` also refuses names that no server can have.
package struct Authority: Hashable, Sendable, CustomStringConvertible {
  /// In lower case, an IPv6 address without its brackets.
  package let host: String
  /// The port, where one is written.
  package let port: Int?

  /// Makes an authority from its parts.
  package init(host: String, port: Int?) {
    self.host = host
    self.port = port
  }

  /// Reads `name`, `name:80`, `192.0.2.1:80` or `[2001:db8::1]:80`.
  package init(parsing text: some StringProtocol, ports: ClosedRange<Int> = 0...65535) throws(AddressFault) {
    let text = Substring(text)
    let host: Substring
    let rest: Substring
    if text.first == "[" {
      guard let end = text.firstIndex(of: "]") else { throw .malformed }
      host = text[text.index(after: text.startIndex)..<end]
      rest = text[text.index(after: end)...]
      guard case .v6 = IPLiteral(String(host)) else { throw .notIPv6 }
    } else {
      let colon = text.lastIndex(of: ":") ?? text.endIndex
      host = text[..<colon]
      rest = text[colon...]
      if host.isEmpty { throw .hostMissing }
      if host.contains(":") { throw .bareIPv6 }
      // 253 bytes: the longest name of the DNS.
      guard host.utf8.count <= 253, host.utf8.allSatisfy(ASCII.isLetterOrDigit(or: ".-_")) else { throw .malformed }
    }
    self.init(host: host.lowercased(), port: rest.isEmpty ? nil : try Self.port(rest, in: ports))
  }

  /// The authority as ``init(parsing:ports:)`` reads it.
  package var description: String {
    let host = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
    return port.map { "\(host):\($0)" } ?? host
  }

  /// Reads `:80`.
  private static func port(_ text: Substring, in ports: ClosedRange<Int>) throws(AddressFault) -> Int {
    let digits = text.dropFirst()
    // `Int(_:)` would take a sign.
    guard text.first == ":", !digits.isEmpty, digits.utf8.allSatisfy(ASCII.isDigit) else { throw .malformed }
    guard let port = Int(digits), ports.contains(port) else { throw .portOutOfRange(ports) }
    return port
  }
}
