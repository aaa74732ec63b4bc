// Redirects of HTTP checks.

extension HTTPTarget {
  /// The place that a `Location` field points to.
  package enum Redirect: Equatable {
    /// A path of the same origin.
    case to(HTTPTarget)
    /// Another origin, named as far as it can be; its path is left out, since it may carry secrets.
    case foreign(String)
    /// No address.
    case unusable
  }

  /// Reads a `Location` relative to this target (RFC 3986, 5.2).
  package func following(_ location: String) -> Redirect {
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
    do throws(AddressFault) {
      let target = try HTTPTarget(parsing: url)
      guard target.host == host else { return .foreign("http://\(target.host)") }
      return .to(HTTPTarget(address: address, path: target.path))
    } catch {
      switch error {
      case .httpsNotSupported:
        return .foreign(String(url[..<(url.dropFirst("https://".count).firstIndex { $0 == "/" || $0 == "?" } ?? url.endIndex)]))
      case .unknownScheme: return .foreign(String(url.prefix { $0 != ":" }) + ":")
      default: return .unusable
      }
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
