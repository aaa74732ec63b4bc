// Hosts and ports, as clients send them and as people write them.

import Addresses
import Testing

@Suite("Authority")
struct AuthorityTests {
  @Test(
    "a client's host is syntax alone: names that look like addresses are names",
    arguments: [
      ("fog", "fog", nil), ("FOG.example.:8080", "fog.example.", 8080), ("127.1", "127.1", nil), ("0x7f000001", "0x7f000001", nil),
      ("256.1.1.1:1", "256.1.1.1", 1), ("[2001:DB8::1]:80", "2001:db8::1", 80), ("[::1]", "::1", nil), ("a:0", "a", 0),
      ("_x-y", "_x-y", nil),
    ] as [(String, String, Int?)])
  func authorities(text: String, host: String, port: Int?) throws {
    #expect(try Authority(parsing: text) == Authority(host: host, port: port))
  }

  @Test("an authority is printed as it is read", arguments: ["fog", "fog:80", "[::1]", "[::1]:80"])
  func description(text: String) throws {
    #expect(try Authority(parsing: text).description == text)
  }

  @Test(
    "a check's address is a host and a port from 1 on",
    arguments: [("127.0.0.1:7001", "127.0.0.1", 7001), ("[::1]:7001", "::1", 7001), ("Fog:1", "fog", 1)])
  func hostPorts(text: String, host: String, port: Int) throws {
    #expect(try HostPort(parsing: text) == HostPort(host: host, port: port))
  }

  @Test(
    "a check's address that is none is refused with its fault",
    arguments: [
      ("fog", .portMissing), (":7001", .hostMissing), ("fog:70000", .portOutOfRange(1...65535)), ("fog:0", .portOutOfRange(1...65535)),
      ("fog:+80", .malformed), ("999.0.0.1:80", .malformed),
    ] as [(String, AddressFault)])
  func noHostPorts(text: String, fault: AddressFault) {
    #expect(throws: fault) { try HostPort(parsing: text) }
  }

  @Test("the port may have a default")
  func defaultPort() throws {
    #expect(try HostPort(parsing: "fog", defaultPort: 80).port == 80)
    #expect(try HostPort(parsing: "fog:81", defaultPort: 80).port == 81)
  }

  @Test(
    "the wildcard has three forms",
    arguments: [("0.0.0.0", true), ("::", true), ("::ffff:0.0.0.0", true), ("0.0.0.1", false), ("::1", false), ("1::", false)])
  func wildcard(text: String, isWildcard: Bool) {
    #expect(IPLiteral(text)?.isWildcard == isWildcard)
  }

  @Test(
    "loopback has three forms",
    arguments: [("127.9.9.9", true), ("::1", true), ("::ffff:127.0.0.1", true), ("::2", false), ("10.0.0.1", false)])
  func loopback(text: String, isLoopback: Bool) {
    #expect(IPLiteral(text)?.isLoopback == isLoopback)
  }
}
