// What seldom changes: who knows it already is told so.

import HTTPServer
import Linux
import NIOHTTP1
import Orchestration

/// A body with the tag that names its content.
struct LastingBody: Sendable {
  private let bytes: [UInt8]
  private let contentType: String
  private let tag: String

  init(_ bytes: [UInt8], contentType: String) {
    self.bytes = bytes
    self.contentType = contentType
    tag = "\"\(String(StableHash.of(bytes), radix: 16))\""
  }

  /// The body, or that the asker's copy is still right. The tag is a weak one, since it is the same for the compressed body.
  func answer(_ request: Request) -> Response {
    let asked = request.headers[canonicalForm: "if-none-match"].map { $0.hasPrefix("W/") ? $0.dropFirst(2) : $0[...] }
    let isKnown = asked.contains { $0 == tag || $0 == "*" }
    let response = isKnown ? Response(status: 304) : Response.bytes(bytes, contentType: contentType)
    return response.setting("ETag", to: "W/\(tag)").setting("Cache-Control", to: "no-cache")
  }
}
