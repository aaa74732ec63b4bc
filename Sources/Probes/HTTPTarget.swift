// The URL of an HTTP check, taken apart.

/// Where a request goes: a socket, and what is asked for there.
package struct HTTPTarget: Sendable, Hashable, CustomStringConvertible {
  /// The socket to connect to.
  package let address: ProbeAddress
  /// Path and query as they stand in the request line: begins with a slash, visible ASCII only.
  package let path: String

  /// Reads `http://HOST[:PORT][/PATH]` or `http+unix://%2FSOCKET%2FPATH[/PATH]`; a fragment is dropped.
  package init(parsing url: String) throws(HTTPTargetError) {
    guard let separator = url.firstRange(of: "://") else { throw .unknownScheme }
    let scheme = url[..<separator.lowerBound].lowercased()
    let rest = url[separator.upperBound...].prefix { $0 != "#" }
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    guard !authority.contains("@") else { throw .userInfo }
    switch scheme {
    case "http":
      do {
        let parsed = try Authority(parsing: authority)
        address = .tcp(host: parsed.host, port: parsed.port ?? 80)
      } catch {
        throw .address(error)
      }
    case "http+unix":
      // 107: sun_path less its final zero.
      guard let path = authority.percentDecoded, path.first == "/", path.utf8.count <= 107, !path.utf8.contains(0) else {
        throw .badSocketPath
      }
      address = .unix(path: path)
    case "https": throw .httpsNotSupported
    default: throw .unknownScheme
    }
    path = try HTTPTarget.checkedPath(rest[authority.endIndex...])
  }

  private init(address: ProbeAddress, path: String) {
    self.address = address
    self.path = path
  }

  /// The URL, as `init(parsing:)` reads it.
  package var description: String {
    switch address {
    case .tcp: "\(origin)\(path)"
    case .unix(let socket): "http+unix://\(socket.split(separator: "/", omittingEmptySubsequences: false).joined(separator: "%2F"))\(path)"
    }
  }

  /// The value of the `Host` field. A Unix socket has no name; servers behind one expect `localhost`.
  var host: String {
    switch address {
    case .tcp(let host, 80): host.contains(":") ? "[\(host)]" : host
    case .tcp: address.description
    case .unix: "localhost"
    }
  }

  private var origin: String { "http://\(host)" }

  private static func checkedPath(_ text: some StringProtocol) throws(HTTPTargetError) -> String {
    guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw .badPath }
    return text.first == "/" ? String(text) : "/" + text
  }
}

extension HTTPTarget {
  /// What a `Location` field points to.
  enum Redirect: Equatable {
    case to(HTTPTarget)
    /// Another origin, named as far as it can be; its path is left out, it may carry secrets.
    case foreign(String)
    case unusable
  }

  /// Reads a `Location` as seen from here (RFC 3986, 5.2).
  func following(_ location: String) -> Redirect {
    let location = location.prefix { $0 != "#" }
    if location.hasPrefix("//") { return absolute("http:" + location) }
    let head = location.prefix { $0 != "/" && $0 != "?" }
    if head.contains(":") { return absolute(String(location)) }
    let reference: String
    if location.hasPrefix("/") {
      reference = HTTPTarget.withoutDots(location)
    } else if location.isEmpty {
      reference = path
    } else if location.hasPrefix("?") {
      reference = String(path.prefix { $0 != "?" }) + String(location)
    } else {
      let folder = String(path.prefix { $0 != "?" }.reversed().drop { $0 != "/" }.reversed())
      reference = HTTPTarget.withoutDots(folder + location)
    }
    guard let checked = try? HTTPTarget.checkedPath(reference) else { return .unusable }
    return .to(HTTPTarget(address: address, path: checked))
  }

  private func absolute(_ url: String) -> Redirect {
    do {
      let target = try HTTPTarget(parsing: url)
      guard target.host.lowercased() == host.lowercased() else { return .foreign(target.origin) }
      return .to(HTTPTarget(address: address, path: target.path))
    } catch .httpsNotSupported {
      return .foreign(String(url[..<(url.dropFirst("https://".count).firstIndex { $0 == "/" || $0 == "?" } ?? url.endIndex)]))
    } catch .unknownScheme {
      return .foreign(String(url.prefix { $0 != ":" }) + ":")
    } catch {
      return .unusable
    }
  }

  /// Takes `.` and `..` out of a path, as a browser does; the query stays as it is.
  private static func withoutDots(_ reference: some StringProtocol) -> String {
    let path = reference.prefix { $0 != "?" }
    var kept: [Substring] = []
    let segments = path.split(separator: "/", omittingEmptySubsequences: false).map { Substring($0) }
    for (index, segment) in segments.enumerated() {
      let isLast = index == segments.count - 1
      switch segment {
      case ".": if isLast { kept.append("") }
      case "..":
        if kept.count > 1 { kept.removeLast() }
        if isLast { kept.append("") }
      default: kept.append(segment)
      }
    }
    return kept.joined(separator: "/") + reference[path.endIndex...]
  }
}

extension StringProtocol {
  /// The text with each `%XX` replaced by its byte, or nil if one is malformed or the bytes are not UTF-8.
  fileprivate var percentDecoded: String? {
    var bytes: [UInt8] = []
    var rest = utf8.makeIterator()
    while let byte = rest.next() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.next().flatMap(hexadecimal), let low = rest.next().flatMap(hexadecimal) else { return nil }
      bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}

private func hexadecimal(_ byte: UInt8) -> UInt8? {
  switch byte {
  case 0x30...0x39: byte - 0x30
  case 0x41...0x46: byte - 0x41 + 10
  case 0x61...0x66: byte - 0x61 + 10
  default: nil
  }
}
