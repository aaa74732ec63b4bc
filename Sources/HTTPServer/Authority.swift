// `host[:port]` as it stands in a Host header, an Origin, a request target and a listen address.

/// A host and perhaps a port; the host in lower case and without brackets.
struct Authority: Hashable, Sendable, CustomStringConvertible {
  let host: String
  let port: Int?

  init(host: String, port: Int?) {
    self.host = host
    self.port = port
  }

  /// Reads `name`, `name:80`, `192.0.2.1:80` or `[2001:db8::1]:80`; nil for anything else.
  init?(parsing text: some StringProtocol) {
    let host: String
    let rest: Substring
    let text = Substring(text)
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { return nil }
      host = text[text.index(after: text.startIndex)..<end].lowercased()
      rest = text[text.index(after: end)...]
      guard case .v6 = IPLiteral(host) else { return nil }
    } else {
      let end = text.firstIndex(of: ":") ?? text.endIndex
      host = text[..<end].lowercased()
      rest = text[end...]
      guard !host.isEmpty, host.utf8.allSatisfy(Self.isNameByte) else { return nil }
    }
    if rest.isEmpty {
      self.init(host: host, port: nil)
    } else {
      guard rest.hasPrefix(":"), let port = Self.port(rest.dropFirst()) else { return nil }
      self.init(host: host, port: port)
    }
  }

  var description: String {
    let host = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
    return port.map { "\(host):\($0)" } ?? host
  }

  /// `Int(_:)` would take a sign.
  private static func port(_ digits: Substring) -> Int? {
    guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int(digits).flatMap { $0 <= 65535 ? $0 : nil }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
    default: false
    }
  }
}
