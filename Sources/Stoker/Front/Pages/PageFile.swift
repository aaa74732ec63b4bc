// A file of the status page.

import HTTPServer
import StatusPage

/// A file of the status page, part of the program.
struct PageFile: Sendable {
  private let body: CacheableBody

  private init(_ name: String, _ bytes: [UInt8]) {
    body = CacheableBody(bytes, contentType: Self.contentType(of: name))
  }

  static let index = PageFile("index.html", StatusPage.index)

  /// All other files, by name.
  static let named = Dictionary(uniqueKeysWithValues: StatusPage.files.map { ($0.name, PageFile($0.name, $0.bytes)) })

  /// Answers with the file, or with 304 if the browser's copy is current. The browser asks each time, so no page mixes old files with new
  /// ones.
  /// The headers forbid content, scripts, frames and referrers from and to other sites.
  func answer(_ request: Request) -> Response {
    body.answer(request)
      .setting(
        "Content-Security-Policy",
        to: "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
          + "form-action 'none'; frame-ancestors 'none'"
      )
      .setting("X-Content-Type-Options", to: "nosniff")
      .setting("Referrer-Policy", to: "no-referrer")
  }

  private static func contentType(of name: String) -> String {
    switch name.split(separator: ".").last {
    case "html": "text/html; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "js": "text/javascript; charset=utf-8"
    case "svg": "image/svg+xml"
    default: "application/octet-stream"
    }
  }
}
