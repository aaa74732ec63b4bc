// `HOST:PORT`, `[V6]:PORT`, `unix:/path`, and the URLs of checks.
import Glibc

enum AddressText {
  static let hostPortShape = "HOST:PORT or [V6]:PORT"
  static let listenerShape = "HOST:PORT, [V6]:PORT or unix:/path"
  static let checkURLShape = "a URL such as http://127.0.0.1:8080/health or http+unix://%2Frun%2Fapp.sock/health"

  // sun_path of sockaddr_un without its terminator.
  private static let maximumSocketPath = 107
  private static let socketPathAdvice = "the system allows 107 bytes of path"

  /// An address, or what is to be done about it.
  enum Result<Value> {
    case value(Value)
    /// Advice beside the shape; may be empty.
    case wrong(String)
  }

  struct HostPort: Equatable {
    /// A v6 address stands without brackets.
    var host: String
    var port: Int
  }

  /// `HOST:PORT` or `[V6]:PORT`.
  static func hostPort(_ text: String, ports: ClosedRange<Int> = 1...65535, defaultPort: Int? = nil) -> Result<HostPort> {
    let host: Substring
    var rest: Substring
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { return .wrong("") }
      host = text[text.index(after: text.startIndex)..<end]
      rest = text[text.index(after: end)...]
      guard isV6(String(host)) else { return .wrong("in the brackets stands an IPv6 address") }
    } else {
      let colon = text.lastIndex(of: ":") ?? text.endIndex
      host = text[..<colon]
      rest = text[colon...]
      if host.contains(":") { return .wrong("an IPv6 address stands in brackets") }
      if host.isEmpty { return .wrong("for every address of the machine the host is 0.0.0.0 or [::]") }
      guard isHost(String(host)) else { return .wrong("") }
    }
    if rest.isEmpty, let defaultPort { return .value(HostPort(host: String(host), port: defaultPort)) }
    guard rest.popFirst() == ":", let port = NumberText.integer(String(rest)) else { return .wrong("") }
    guard ports.contains(port) else { return .wrong("a port is a number from \(ports.lowerBound) to \(ports.upperBound)") }
    return .value(HostPort(host: String(host), port: port))
  }

  /// A line of `stoker.listen`; its value is the same for every spelling of one address.
  static func listener(_ text: String) -> Result<String> {
    if text.hasPrefix("unix:") {
      let path = String(text.dropFirst(5))
      guard path.hasPrefix("/") else { return .wrong("the path must be absolute") }
      guard path.utf8.count <= maximumSocketPath else { return .wrong(socketPathAdvice) }
      return .value("unix:" + FilePath.absolute(path, from: "/"))
    }
    switch hostPort(text, ports: 0...65535) {
    case .value(let address): return .value("\(address.host.lowercased()):\(address.port)")
    case .wrong(let advice): return .wrong(advice)
    }
  }

  /// The URL of an http check: `http://HOST[:PORT][/…]` or `http+unix://%2Fpath%2Fto.sock[/…]`.
  static func checkURL(_ text: String) -> Result<Void> {
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return .wrong("it is written without spaces, other letters as %XX") }
    guard let (scheme, rest) = splitScheme(text) else { return .wrong("") }
    let authority = String(rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" })
    switch scheme.lowercased() {
    case "http":
      if authority.contains("@") { return .wrong("a password goes into 'headers'") }
      switch hostPort(authority, defaultPort: 80) {
      case .value: return .value(())
      case .wrong(let advice): return .wrong(advice)
      }
    case "http+unix":
      guard let path = percentDecoded(authority), path.hasPrefix("/"), path.utf8.count > 1, !path.utf8.contains(0) else {
        return .wrong("the socket's path is absolute, and written with %2F for each slash")
      }
      guard path.utf8.count <= maximumSocketPath else { return .wrong(socketPathAdvice) }
      return .value(())
    default:
      return .wrong("")
    }
  }

  /// What stands before and after `://`; nil if that is no URL.
  static func splitScheme(_ text: String) -> (scheme: Substring, rest: Substring)? {
    guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else { return nil }
    let scheme = text[..<colon]
    let rest = text[colon...].dropFirst(3)
    guard scheme.first?.isLetter == true, scheme.utf8.allSatisfy(ServiceName.isLetterOrDigit(or: "+.-")), !rest.isEmpty else { return nil }
    return (scheme, rest)
  }

  /// A DNS name, or an IPv4 address; what looks like the latter must be one.
  static func isHost(_ text: String) -> Bool {
    guard !text.isEmpty, text.utf8.count <= 253 else { return false }
    if text.utf8.allSatisfy({ NumberText.isDigit($0) || $0 == UInt8(ascii: ".") }) {
      var address = in_addr()
      return inet_pton(AF_INET, text, &address) == 1
    }
    return text.utf8.allSatisfy(ServiceName.isLetterOrDigit(or: "._-")) && !text.hasPrefix(".") && !text.hasPrefix("-")
  }

  /// An IPv6 address. A zone (`%eth0`) is refused: neither listeners nor checks could use it.
  static func isV6(_ text: String) -> Bool {
    var address = in6_addr()
    return inet_pton(AF_INET6, text, &address) == 1
  }

  /// The text with each `%XX` replaced; nil if one is malformed or the result is not UTF-8.
  private static func percentDecoded(_ text: String) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      guard digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit), let value = UInt8(digits, radix: 16) else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
