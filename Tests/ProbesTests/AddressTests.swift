// URLs and addresses of checks: what is understood, and what is refused with which error.

import Testing

@testable import Probes

@Suite("address of a check") struct AddressTests {
  @Test(
    "an http URL is taken apart",
    arguments: [
      ("http://127.0.0.1:7001/health", ProbeAddress.tcp(host: "127.0.0.1", port: 7001), "/health", "127.0.0.1:7001"),
      ("HTTP://fog", .tcp(host: "fog", port: 80), "/", "fog"),
      ("http://fog:80?x=1#top", .tcp(host: "fog", port: 80), "/?x=1", "fog"),
      ("http://[::1]:7001/a/b?c=d/e", .tcp(host: "::1", port: 7001), "/a/b?c=d/e", "[::1]:7001"),
      ("http://[::1]/", .tcp(host: "::1", port: 80), "/", "[::1]"),
      ("http+unix://%2Frun%2Fmy%20dao.sock/health", .unix(path: "/run/my dao.sock"), "/health", "localhost"),
      ("http+unix://%2frun%2fdao.sock", .unix(path: "/run/dao.sock"), "/", "localhost"),
    ])
  func url(url: String, address: ProbeAddress, path: String, host: String) throws {
    let target = try HTTPTarget(parsing: url)
    #expect(target.address == address)
    #expect(target.path == path)
    #expect(target.host == host)
  }

  @Test(
    "a URL that cannot be checked is refused with the reason",
    arguments: [
      ("https://fog/health", HTTPTargetError.httpsNotSupported), ("fog:7001/health", .unknownScheme), ("ftp://fog", .unknownScheme),
      ("", .unknownScheme), ("http://", .address(.noHost)), ("http://:80/", .address(.noHost)), ("http://fog:/", .address(.badPort(""))),
      ("http://fog:0/", .address(.badPort("0"))), ("http://fog:65536/", .address(.badPort("65536"))),
      ("http://fog:+80/", .address(.badPort("+80"))), ("http://::1/", .address(.noHost)),
      ("http://fe80::1/", .address(.badHost("fe80::1"))), ("http://[fog]/", .address(.badHost("fog"))),
      ("http://[::1]x/", .address(.badHost("[::1]x"))), ("http://fo g/", .address(.badHost("fo g"))), ("http://me:pw@fog/", .userInfo),
      ("http://fog/a b", .badPath), ("http://fog/\r\nX: 1", .badPath), ("http://fog/\u{E9}", .badPath),
      ("http+unix://run/health", .badSocketPath), ("http+unix://%2Frun%2/health", .badSocketPath),
      ("http+unix://%2Fa%00b/", .badSocketPath),
      ("http+unix://%2F\(String(repeating: "a", count: 107))/", .badSocketPath),
    ])
  func badURL(url: String, error: HTTPTargetError) {
    #expect(throws: error) { try HTTPTarget(parsing: url) }
  }

  @Test("the refusal of https says that it is only not built yet")
  func https() {
    #expect(HTTPTargetError.httpsNotSupported.description == "https checks are not supported yet")
  }

  @Test("HOST:PORT is taken apart")
  func tcp() throws {
    #expect(try TCPProbe(parsing: "127.0.0.1:7001") == TCPProbe(host: "127.0.0.1", port: 7001))
    #expect(try TCPProbe(parsing: "[::1]:7001", expect: [1]) == TCPProbe(host: "::1", port: 7001, expect: [1]))
    #expect(throws: AddressError.noPort) { try TCPProbe(parsing: "fog") }
    #expect(throws: AddressError.noHost) { try TCPProbe(parsing: ":7001") }
    #expect(throws: AddressError.badPort("70000")) { try TCPProbe(parsing: "fog:70000") }
  }
}
