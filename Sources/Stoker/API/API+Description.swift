// The description of this interface: OpenAPI for programs, a page for people.

import APIDescription
import HTTPServer
import NIOHTTP1

extension API {
  /// `GET /api/openapi.json`
  func openAPI(_ request: Request) -> Response {
    .known(Description.bytes, contentType: "application/json; charset=utf-8", to: request)
  }

  /// `GET /api/`
  func reference(_ request: Request) -> Response {
    // The gate has found it to be a host and perhaps a port; over a Unix socket it may be anything.
    let host = request.host == nil ? nil : request.header("Host")
    let page = Description.page.text(base: "http://\(host ?? "localhost")")
    return .known(Array(page.utf8), contentType: "text/html; charset=utf-8", to: request)
      .setting(
        "Content-Security-Policy",
        to: "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
  }

  /// `GET /api/reference.css`
  func referenceStyle(_ request: Request) -> Response {
    .known(APIDescription.style, contentType: "text/css; charset=utf-8", to: request)
  }

  /// `GET /api`
  func toReference() -> Response {
    Response(status: 308, headers: ["Location": "/api/"])
  }
}

/// The description that is in the program.
enum Description {
  /// The file, with the version of this build.
  static let bytes = Array(
    String(decoding: APIDescription.openAPI, as: UTF8.self).replacing(APIDescription.versionMark, with: Build.version).utf8)

  static let page = ReferencePage(document: (try? JSON(inOrder: bytes)) ?? [:])
}

extension Response {
  /// What seldom changes: who knows it already is told so. The tag is a weak one, since it is the same for the compressed body.
  static func known(_ body: [UInt8], contentType: String, to request: Request) -> Response {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in body { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    let tag = "\"\(String(hash, radix: 16))\""
    let asked = request.headers[canonicalForm: "if-none-match"].map { $0.hasPrefix("W/") ? $0.dropFirst(2) : $0[...] }
    let isKnown = asked.contains { $0 == tag || $0 == "*" }
    let response = isKnown ? Response(status: 304) : Response.bytes(body, contentType: contentType)
    return response.setting("ETag", to: "W/\(tag)").setting("Cache-Control", to: "no-cache")
  }
}
