// gzip: when, and that an independent program can read it.

import Glibc
import HTTPServer
import Testing

@Suite("Compression", .timeLimit(.minutes(10)))
struct CompressionTests {
  private func get(_ path: String, _ encoding: String?, _ server: TestServer) async throws -> Reply {
    let field = encoding.map { "Accept-Encoding: \($0)\r\n" } ?? ""
    return try await server.client().ask("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\(field)\r\n")
  }

  @Test(
    "gzip is used when the request names it with a weight above 0",
    arguments: [
      ("gzip", true), ("deflate, GZIP;q=0.5", true), ("br;q=1, gzip ; q=0.001", true), ("gzip;q=0", false), ("gzip;q=0.000", false),
      ("gzip;q=x", false), ("gzip ; q = 0", false), ("gzip;q=2", false), ("gzip;q=0x1", false), ("gzip;Q=1.0", true),
      ("gzip;q=2, gzip;q=0.1", true), ("gzip;q", false), ("gzip; Q ", false), ("gzip;q, gzip;q=1", true),
      ("*", false), ("identity", false), ("x-gzip", false), ("", false),
    ])
  func negotiation(accepted: String, expected: Bool) async throws {
    try await withServer { server in
      let reply = try await get("/large", accepted, server)
      #expect(reply["content-encoding"] == (expected ? "gzip" : nil))
      #expect(reply["vary"] == "Accept-Encoding")
      let body = expected ? try await gunzip(reply.body) : reply.body
      #expect(text(body) == large)
      #expect(!expected || reply.body.count < large.utf8.count / 10)
    }
  }

  @Test("small bodies, encoded ones, those whose handler chose and those for clients that say nothing go out as they are")
  func plain() async throws {
    try await withServer { server in
      let tiny = try await get("/small", "gzip", server)
      #expect(tiny["content-encoding"] == nil)
      #expect(tiny["vary"] == nil)
      let encoded = try await get("/encoded", "gzip", server)
      #expect(encoded["content-encoding"] == "identity")
      #expect(encoded.text == large)
      let chosen = try await get("/chosen", "gzip", server)
      #expect(chosen["content-encoding"] == nil)
      #expect(chosen["vary"] == "Accept, Accept-Encoding")
      #expect(chosen.text == large)
      #expect(try await get("/large", nil, server)["content-encoding"] == nil)
    }
  }

  @Test("a 304 varies as the answer that it stands for, and has no body")
  func notModified() async throws {
    try await withServer { server in
      for (path, vary) in [("/same", "Accept-Encoding"), ("/small-same", nil)] {
        for encoding in ["gzip", nil] {
          let reply = try await get(path, encoding, server)
          #expect(reply.status == 304 && reply["vary"] == vary && reply["etag"] == "W/\"1\"")
          #expect(reply["content-length"] == nil && reply["content-encoding"] == nil && reply.body == [])
        }
      }
    }
  }

  @Test("every size comes back as it went in", arguments: [0, 1, 1000, 70_000, 3_000_000])
  func roundTrip(size: Int) async throws {
    // Half of it is noise from a linear congruence, which deflate has to store.
    var state: UInt32 = 1
    let bytes = (0..<size).map { index -> UInt8 in
      state = state &* 1_664_525 &+ 1_013_904_223
      return index % 2 == 0 ? UInt8(state >> 24) : 7
    }
    for level in [1, 9] {
      let compressed = Gzip.compress(bytes, level: level)
      #expect(compressed == Gzip.compress(bytes, level: level))
      #expect(try await gunzip(compressed) == bytes)
    }
  }

  /// Decodes with the gzip program.
  private func gunzip(_ bytes: [UInt8]) async throws -> [UInt8] {
    try await onThread { () throws(RawClient.Failure) -> [UInt8] in
      var template = Array("/tmp/httpserver-gzip-XXXXXX".utf8CString)
      let file = mkstemp(&template)
      guard file >= 0 else { throw RawClient.Failure(description: "mkstemp") }
      let path = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
      defer {
        unlink(path)
        close(file)
      }
      guard write(file, bytes, bytes.count) == bytes.count, let pipe = popen("gzip -dc < \(path)", "r") else {
        throw RawClient.Failure(description: "gzip does not start")
      }
      var out: [UInt8] = []
      var part = [UInt8](repeating: 0, count: 65536)
      while case let count = fread(&part, 1, part.count, pipe), count > 0 { out += part[..<count] }
      guard pclose(pipe) == 0 else { throw RawClient.Failure(description: "gzip refuses the bytes") }
      return out
    }
  }
}
