// The status page: files that are part of the program. They are the same for everybody, so they are answered while nothing else can be said
// yet, and a browser that has them is told so.

import HTTPServer
import StatusPage

/// `GET /` and what it needs. The page finds everything relative to where it stands, so that a proxy may put it below a path of its own.
struct PageRoutes: RouteGroup {
  let supervisor: Supervisor

  var routes: [Route] {
    [
      Route("GET", "/") { request, _ in PageFile.index.answer(request) },
      Route("GET", "/page/{name}") { request, parameters in
        let name = parameters["name"] ?? ""
        guard let file = PageFile.named[name] else {
          return .fault(HTTPFault(status: 404, code: "page_file_not_found", message: "The status page has no file '\(name)'"))
        }
        return file.answer(request)
      },
    ]
  }
}

/// A file of the status page.
struct PageFile: Sendable {
  private let body: LastingBody

  private init(_ name: String, _ bytes: [UInt8]) {
    body = LastingBody(bytes, contentType: Self.contentType(of: name))
  }

  static let index = PageFile("index.html", StatusPage.index)

  /// All others, by name.
  static let named = Dictionary(uniqueKeysWithValues: StatusPage.files.map { ($0.name, PageFile($0.name, $0.bytes)) })

  /// The file, or that the browser's copy is still right. It asks each time, so that nobody has half of an old page; nothing from elsewhere is
  /// loaded, run, framed or told.
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
