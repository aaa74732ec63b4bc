// Bodies that rarely change: answered with an ETag, and with 304 if the client already has them.

import HTTPServer
import Linux
import NIOHTTP1
import Orchestration

/// A body with the tag of its content.
struct CacheableBody: Sendable {
  private let bytes: [UInt8]
  private let contentType: String
  private let tag: String

  init(_ bytes: [UInt8], contentType: String) {
    self.bytes = bytes
    self.contentType = contentType
    tag = "\"\(String(StableHash.of(bytes), radix: 16))\""
  }

  /// Answers with the body, or with 304 if the client's copy is current. The tag is weak, since the compressed body has the same one.
  func answer(_ request: Request) -> Response {
    let asked = request.headers[canonicalForm: "if-none-match"].map { $0.hasPrefix("W/") ? $0.dropFirst(2) : $0[...] }
    let isKnown = asked.contains { $0 == tag || $0 == "*" }
    let response = isKnown ? Response(status: 304, parts: [bytes]) : Response.bytes(bytes, contentType: contentType)
    return response.setting("ETag", to: "W/\(tag)").setting("Cache-Control", to: "no-cache")
  }
}
