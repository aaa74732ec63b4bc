// Addresses to listen on.

import Addresses
import Testing

@Suite("Listen address")
struct ListenAddressTests {
  @Test(
    "an address is read and printed back",
    arguments: [
      ("127.0.0.1:10101", true), ("[::1]:10101", true), ("localhost:80", true), ("unix:/run/x.sock", true), ("127.8.9.1:0", true),
      ("0.0.0.0:65535", false), ("[::]:1", false), ("node1.example:9100", false), ("192.0.2.1:1", false), ("[::ffff:127.0.0.1]:1", true),
      ("127.0.0.1:1", true), ("[::1]:65535", true), ("my-host.example:80", false), ("0.0.0.0:80", false),
    ])
  func addresses(text: String, isLocal: Bool) throws {
    let address = try ListenAddress(parsing: text)
    #expect(address.description == text)
    #expect(address.isLocal == isLocal)
  }

  @Test("every spelling of a host is one address")
  func spellings() throws {
    #expect(try ListenAddress(parsing: "LocalHost:080") == .tcp(host: "localhost", port: 80))
  }

  @Test(
    "a text that is no address is refused with its fault and an example",
    arguments: [
      ("", .hostMissing), ("localhost", .portMissing), ("127.0.0.1", .portMissing), (":80", .hostMissing), ("::1:80", .bareIPv6),
      ("[::1]", .portMissing), ("[::1]80", .malformed), ("[::1", .malformed), ("[localhost]:80", .notIPv6), ("[x]:80", .notIPv6),
      ("[::1%eth0]:80", .notIPv6), ("a:65536", .portOutOfRange(0...65535)), ("a:99999999999999999999", .portOutOfRange(0...65535)),
      ("a:-1", .malformed), ("a:+1", .malformed), ("a:", .malformed), ("a:8o", .malformed), ("a b:80", .malformed), ("80", .malformed),
      ("256.1.1.1:80", .malformed), ("127.1:80", .malformed), ("http://a:80", .bareIPv6), ("*:80", .malformed), ("-a:80", .malformed),
      (".a:80", .malformed), ("\u{212A}:80", .malformed), (String(repeating: "a", count: 254) + ":80", .malformed),
      ("unix:", .pathNotAbsolute), ("unix:relative", .pathNotAbsolute), ("unix:/", .pathOfDirectory), ("unix:/dir/", .pathOfDirectory),
      ("unix:/dir/.", .pathOfDirectory), ("unix:/dir/..", .pathOfDirectory), ("unix:/a\0b", .malformed),
      ("unix:/" + String(repeating: "x", count: 107), .pathTooLong),
    ] as [(String, AddressFault)])
  func noAddresses(text: String, fault: AddressFault) throws {
    let error = #expect(throws: ListenAddressError.self) { try ListenAddress(parsing: text) }
    #expect(error?.text == text)
    #expect(error?.fault == fault)
    #expect(error?.description.contains("write 127.0.0.1:10101") == true)
  }

  @Test("a path of 107 bytes fits into a socket address")
  func longest() throws {
    _ = try ListenAddress(parsing: "unix:/" + String(repeating: "x", count: 106))
    #expect(AddressFault.pathTooLong.advice == "the system allows 107 bytes of path")
  }
}
