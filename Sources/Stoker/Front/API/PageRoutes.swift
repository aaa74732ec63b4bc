// The status page: files that are part of the program. They do not depend on the services, so they are answered before the takeover is
// done.

import HTTPServer

/// `GET /` and its files. All addresses in the page are relative, so a proxy may serve it below a path of its own.
struct PageRoutes: RouteGroup {
  let supervisor: any SupervisorQueries

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
