// URLs of checks, and the redirects from them.

import Addresses
import Testing

@Suite("Target of an HTTP check")
struct HTTPTargetTests {
  @Test(
    "a URL is taken apart",
    arguments: [
      ("http://127.0.0.1:7001/health", .tcp(HostPort(host: "127.0.0.1", port: 7001)), "/health", "127.0.0.1:7001"),
      ("HTTP://Fog", .tcp(HostPort(host: "fog", port: 80)), "/", "fog"),
      ("http://fog:80?x=1#top", .tcp(HostPort(host: "fog", port: 80)), "/?x=1", "fog"),
      ("http://[::1]:7001/a/b?c=d/e", .tcp(HostPort(host: "::1", port: 7001)), "/a/b?c=d/e", "[::1]:7001"),
      ("http://[::1]/", .tcp(HostPort(host: "::1", port: 80)), "/", "[::1]"),
      ("http+unix://%2Frun%2Fmy%20dao.sock/health", .unix(path: "/run/my dao.sock"), "/health", "localhost"),
      ("http+unix://%2frun%2fdao.sock", .unix(path: "/run/dao.sock"), "/", "localhost"),
    ] as [(String, ConnectAddress, String, String)])
  func url(url: String, address: ConnectAddress, path: String, host: String) throws {
    let target = try HTTPTarget(parsing: url)
    #expect(target.address == address)
    #expect(target.path == path)
    #expect(target.host == host)
  }

  @Test(
    "a URL that cannot be checked is refused with its fault",
    arguments: [
      ("https://fog/health", .httpsNotSupported), ("fog:7001/health", .unknownScheme), ("h:80/health", .unknownScheme),
      ("ftp://fog", .unknownScheme), ("", .unknownScheme), ("://fog", .unknownScheme), ("http://", .hostMissing),
      ("http:///x", .hostMissing),
      ("http://:80/", .hostMissing), ("http://fog:/", .malformed), ("http://fog:0/", .portOutOfRange(1...65535)),
      ("http://fog:65536/", .portOutOfRange(1...65535)), ("http://fog:+80/", .malformed), ("http://::1/", .bareIPv6),
      ("http://fe80::1/", .bareIPv6), ("http://[fog]/", .notIPv6), ("http://[fe80::1%eth0]/", .notIPv6), ("http://[::1]x/", .malformed),
      ("http://fo g/", .notVisibleASCII), ("http://me:pw@fog/", .userInfo), ("http://fog/a b", .notVisibleASCII),
      ("http://fog/\r\nX: 1", .notVisibleASCII), ("http://fog/\u{E9}", .notVisibleASCII),
      ("http+unix://run/health", .socketPathNotEncoded), ("http+unix://run%2Fx/", .socketPathNotEncoded),
      ("http+unix:///run/x", .socketPathNotEncoded), ("http+unix://%2Frun%2/health", .socketPathNotEncoded),
      ("http+unix://%2Fa%00b/", .socketPathNotEncoded), ("http+unix://%2F/", .pathOfDirectory),
      ("http+unix://%2Ftmp%2Fa b/", .notVisibleASCII),
      ("http+unix://%2F\(String(repeating: "a", count: 107))/", .pathTooLong),
    ] as [(String, AddressFault)])
  func badURL(url: String, fault: AddressFault) {
    #expect(throws: fault) { try HTTPTarget(parsing: url) }
  }

  @Test(
    "relative references are resolved as a browser does",
    arguments: [
      ("live", "/a/live"), ("../live", "/live"), ("../../live", "/live"), ("./", "/a/"), ("?x=/../1", "/a/health?x=/../1"),
      ("", "/a/health?q"),
      ("/b/./c/../d?e=..", "/b/d?e=.."), ("/..", "/"), ("#top", "/a/health?q"), ("/b:c", "/b:c"),
    ])
  func relative(location: String, path: String) throws {
    let target = try HTTPTarget(parsing: "http://fog:7001/a/health?q")
    guard case .to(let next) = target.following(location) else {
      Issue.record("\(location) is not followed")
      return
    }
    #expect(next.address == target.address)
    #expect(next.path == path)
  }

  @Test("a location that is no address is not followed", arguments: ["/a b", "http://fog:99999/", "http://u:p@fog:7001/", "/\u{E9}"])
  func unusable(location: String) throws {
    #expect(try HTTPTarget(parsing: "http://fog:7001/").following(location) == .unusable)
  }

  @Test("behind a Unix socket the origin is http://localhost")
  func unixSocket() throws {
    let target = try HTTPTarget(parsing: "http+unix://%2Frun%2Fdao.sock/health")
    guard case .to(let next) = target.following("http://localhost/live") else {
      Issue.record("not followed")
      return
    }
    #expect(try next == HTTPTarget(parsing: "http+unix://%2Frun%2Fdao.sock/live"))
    #expect(target.following("http://localhost:8080/live") == .foreign("http://localhost:8080"))
  }

  @Test(
    "a URL of any scheme has something behind it and no spaces",
    arguments: [
      ("http://127.0.0.1:7001", true), ("ws://fog/ä", true), ("git+ssh://x", true), ("127.0.0.1:7001", false), ("http://", false),
      ("1http://x", false), ("ä://x", false), ("http://a b", false),
    ])
  func anyURL(text: String, isURL: Bool) {
    #expect(URLText.isURL(text) == isURL)
  }
}
