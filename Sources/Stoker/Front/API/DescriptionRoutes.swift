// The description of the HTTP interface: OpenAPI for programs, a page for people.

import HTTPServer
import NIOHTTP1

/// The description. It does not depend on the services, so it is answered before the takeover is done.
struct DescriptionRoutes: RouteGroup {
  let supervisor: any SupervisorQueries

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
    // The request gate has checked that it is a host, perhaps with a port; over a Unix socket it may be any text.
    let host = request.host == nil ? nil : request.header("Host")
    let page = Description.page.text(base: "http://\(host ?? "localhost")")
    return CacheableBody(Array(page.utf8), contentType: "text/html; charset=utf-8").answer(request)
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
