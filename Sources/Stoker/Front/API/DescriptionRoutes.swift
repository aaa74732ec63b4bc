// The description of this interface: OpenAPI for programs, a page for people.

import APIDescription
import HTTPServer
import NIOHTTP1

/// The description: the same for everybody, so it is answered while nothing else can be said yet.
struct DescriptionRoutes: RouteGroup {
  let supervisor: Supervisor

  var routes: [Route] {
    [
      Route("GET", "/api/openapi.json") { request, _ in openAPI(request) },
      Route("GET", "/api/") { request, _ in reference(request) },
      Route("GET", "/api") { _, _ in toReference() },
      Route("GET", "/api/reference.css") { request, _ in referenceStyle(request) },
    ]
  }

  /// `GET /api/openapi.json`
  func openAPI(_ request: Request) -> Response {
    Description.openAPI.answer(request)
  }

  /// `GET /api/`
  func reference(_ request: Request) -> Response {
    // The gate has found it to be a host and perhaps a port; over a Unix socket it may be anything.
    let host = request.host == nil ? nil : request.header("Host")
    let page = Description.page.text(base: "http://\(host ?? "localhost")")
    return LastingBody(Array(page.utf8), contentType: "text/html; charset=utf-8").answer(request)
      .setting(
        "Content-Security-Policy",
        to: "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
  }

  /// `GET /api/reference.css`
  func referenceStyle(_ request: Request) -> Response {
    Description.style.answer(request)
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

  static let openAPI = LastingBody(bytes, contentType: "application/json; charset=utf-8")

  static let style = LastingBody(APIDescription.style, contentType: "text/css; charset=utf-8")

  static let page = ReferencePage(document: (try? JSON(inOrder: bytes)) ?? [:])
}
