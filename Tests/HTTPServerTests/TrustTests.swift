// Trust in clients: Host, Origin, content type, listener and peer (rules 34 and 35).

import Addresses
import NIOCore
import NIOHTTP1
import Testing

@testable import HTTPServer

@Suite("Trust", .timeLimit(.minutes(10)))
struct TrustTests {
  @Test(
    "the Host must be an address, localhost, a listener's name or an allowed one",
    arguments: [
      ("127.0.0.1", 200), ("127.0.0.1:10101", 200), ("192.0.2.7", 200), ("[::1]:80", 200), ("LOCALHOST", 200), ("localhost.:1", 200),
      ("node1.example", 200), ("Node1.Example:8080", 200), ("evil.example", 403), ("localhost.evil.example", 403),
      ("127.0.0.1.evil.example", 403),
      ("127.1", 403), ("0x7f000001", 403), ("2130706433", 403), ("[::1", 400), ("::1", 400),
    ])
  func host(host: String, status: Int) async throws {
    try await withServer(configure: { $0.allowedHosts = ["node1.example"] }) { server in
      for path in ["/small", "/metrics"] {
        let reply = try await server.client().ask("GET \(path) HTTP/1.1\r\nHost: \(host)\r\n\r\n")
        #expect(reply.status == status)
        guard status == 403 else { continue }
        #expect(reply.text.contains("\"forbidden_host\""))
        #expect(reply.text.contains("allowed_hosts"))
        await server.observer.rejection(.forbiddenHost)
      }
    }
  }

  @Test("the host of an absolute target is checked as the Host header is")
  func absoluteTarget() async throws {
    try await withServer { server in
      let client = try await server.client()
      #expect(try await client.ask("GET http://127.0.0.1/small HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200)
      #expect(try await client.ask("GET http://evil.example/small HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 403)
      #expect(try await client.ask("GET http://localhost/small HTTP/1.1\r\nHost: evil.example\r\n\r\n").status == 403)
    }
  }

  @Test(
    "a page of another site can change nothing",
    arguments: [
      ("Origin: http://localhost:10101\r\n", 200), ("Origin: http://LOCALHOST:10101\r\nSec-Fetch-Site: same-origin\r\n", 200),
      ("Sec-Fetch-Site: none\r\n", 200), ("Origin: http://localhost\r\n", 403), ("Origin: http://localhost:3000\r\n", 403),
      ("Origin: https://evil.example\r\n", 403), ("Origin: null\r\n", 403), ("Origin: http://localhost:10101.evil.example\r\n", 403),
      ("Origin: http://localhost:10101\r\nOrigin: http://evil.example\r\n", 403), ("Sec-Fetch-Site: cross-site\r\n", 403),
    ])
  func origin(fields: String, status: Int) async throws {
    try await withServer { server in
      for request in ["POST /echo", "DELETE /echo", "GET /secret"] {
        let reply = try await server.client().ask("\(request) HTTP/1.1\r\nHost: localhost:10101\r\n\(fields)\r\n")
        #expect(reply.status == (status == 200 && request == "DELETE /echo" ? 204 : status))
        #expect(status == 200 || reply.text.contains("\"cross_site\""))
      }
      #expect(try await server.client().ask("GET /small HTTP/1.1\r\nHost: localhost:10101\r\n\(fields)\r\n").status == 200)
    }
  }

  @Test(
    "a body that is not called JSON is answered 415",
    arguments: [
      ("Content-Type: application/json\r\n", "{}", 200), ("content-type: Application/JSON ;charset=utf-8\r\n", "{}", 200), ("", "", 200),
      ("", "{}", 415), ("Content-Type: text/plain\r\n", "{}", 415), ("Content-Type: application/x-www-form-urlencoded\r\n", "", 415),
      ("Content-Type: text/plain; application/json\r\n", "{}", 415),
      ("Content-Type: application/json\r\nContent-Type: text/plain\r\n", "{}", 415),
    ])
  func contentType(fields: String, body: String, status: Int) async throws {
    try await withServer { server in
      let request = "POST /echo HTTP/1.1\r\nHost: localhost\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
      let reply = try await server.client().ask(request)
      #expect(reply.status == status)
    }
  }

  @Test("a listener that others can reach serves only what is for everyone, even to a visitor from loopback")
  func openListener() async throws {
    try await withServer([.tcp(host: "0.0.0.0", port: 0)]) { server in
      let client = try await server.client()
      #expect(try await client.ask("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").text == "up 1\n")
      for request in ["GET /small", "GET /secret", "POST /echo"] {
        let reply = try await client.ask("\(request) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        #expect(reply.status == 403)
        #expect(reply.text.contains("\"remote_not_allowed\""))
      }
      #expect(try await client.ask("GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").status == 404)
      await server.observer.rejection(.access)
    }
  }

  @Test(
    "a listener that others can reach answers by any name",
    arguments: ["fog-1", "fog_1.example:9100", "metrics.example.", "192.0.2.7", "[2001:db8::7]:80", "xn--bcher-kva.example"])
  func openListenerByName(host: String) async throws {
    try await withServer([.tcp(host: "0.0.0.0", port: 0)]) { server in
      let client = try await server.client()
      #expect(try await client.ask("GET /metrics HTTP/1.1\r\nHost: \(host)\r\n\r\n").status == 200)
      let refused = try await client.ask("GET /small HTTP/1.1\r\nHost: \(host)\r\n\r\n")
      #expect(refused.text.contains("\"remote_not_allowed\""))
    }
  }

  @Test("with control: socket, changes need the Unix socket")
  func controlBySocket() async throws {
    try await withSocketDirectory { directory in
      let listeners: [ListenAddress] = [.tcp(host: "127.0.0.1", port: 0), .unix(path: directory + "/s")]
      try await withServer(listeners, configure: { $0.control = .socket }) { server in
        let request = "POST /echo HTTP/1.1\r\nHost: localhost\r\n\r\n"
        let refused = try await RawClient(server.addresses[0]).ask(request)
        #expect(refused.status == 403)
        #expect(refused.text.contains("\"control_needs_socket\""))
        #expect(refused.text.contains("here; use that, or set stoker.control: loopback"))
        #expect(try await RawClient(server.addresses[0]).ask("GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200)
        #expect(try await RawClient(server.addresses[1]).ask(request).status == 200)
      }
    }
  }

  @Test("with control: socket, the output of services needs the Unix socket, and the refusal names the way there")
  func outputBySocket() async throws {
    try await withSocketDirectory { directory in
      let listeners: [ListenAddress] = [.tcp(host: "127.0.0.1", port: 0), .unix(path: directory + "/s")]
      try await withServer(listeners, configure: { $0.control = .socket }) { server in
        for (name, shown) in [("web-1", "web-1"), ("a%20b", "NAME"), ("a%27%3B", "NAME")] {
          let request = "GET /lines/\(name) HTTP/1.1\r\nHost: localhost\r\n\r\n"
          let refused = try await RawClient(server.addresses[0]).ask(request)
          #expect(refused.status == 403)
          #expect(refused.text.contains("\"output_needs_control\""))
          #expect(refused.text.contains("run 'stoker logs \(shown)' without --url and STOKER_URL, or set stoker.control: loopback"))
          #expect(try await RawClient(server.addresses[1]).ask(request).text == "lines")
        }
      }
      try await withServer { server in
        let reply = try await server.client().ask("GET /lines/web HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(reply.text == "lines")
      }
    }
  }

  @Test("the rights of callers that prove nothing")
  func rights() {
    let (local, open) = (ListenAddress.tcp(host: "127.0.0.1", port: 80), ListenAddress.tcp(host: "0.0.0.0", port: 80))
    let socket = ListenAddress.unix(path: "/s")
    let process = Peer.unix(PeerProcess(user: 1000, pid: nil))
    for (peer, listener, loopback, confined) in [
      (process, socket, Rights.control, Rights.control), (.unix(nil), socket, .control, .control),
      (.loopback("127.0.0.1:5"), local, .control, .reading), (.loopback("127.0.0.1:5"), open, .none, .none),
      (.remote("192.0.2.1:5"), local, .none, .none), (.remote("192.0.2.1:5"), open, .none, .none),
    ] {
      #expect(Rights.of(peer, on: listener, .loopback) == loopback)
      #expect(Rights.of(peer, on: listener, .socket) == confined)
    }
    #expect(!Rights.reading.mayReadOutput && !Rights.reading.mayControl && Rights.control.mayReadOutput && Rights.control.mayControl)
  }

  @Test("a peer in words")
  func words() {
    let process = Peer.unix(PeerProcess(user: 7, pid: 4711))
    #expect(process.text(user: "fog") == "unix: fog (7), pid 4711")
    #expect(process.text() == "unix: uid 7, pid 4711")
    #expect(Peer.unix(PeerProcess(user: 7, pid: nil)).text() == "unix: uid 7")
    #expect(Peer.unix(nil).text() == "unix")
    #expect(Peer.loopback("127.0.0.1:5").text(user: "fog") == "127.0.0.1:5")
  }

  @Test("somebody elsewhere is refused even where a local listener's name leads to an outside address")
  func remotePeer() {
    let route = Route("GET", "/x") { _, _ in .text("x") }
    let listener = ListenAddress.tcp(host: "localhost", port: 80)
    for (peer, allowed) in [(Peer.loopback("127.0.0.1:5"), true), (.remote("192.0.2.1:5"), false)] {
      let configuration = ServerConfiguration(listeners: [listener])
      let gate = RequestGate(
        router: Router([route]), hosts: HostPolicy(configuration), configuration: configuration, peer: peer, group: .unknown,
        listener: listener)
      let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/x", headers: ["Host": "localhost"])
      guard case .run = gate.admit(head, at: .now()).plan else {
        #expect(!allowed)
        continue
      }
      #expect(allowed)
    }
  }
}
