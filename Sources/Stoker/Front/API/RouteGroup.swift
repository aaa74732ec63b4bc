// A group of routes, and the helpers of all groups.

import HTTPServer
import NIOHTTP1
import Orchestration

/// The routes of one subject.
protocol RouteGroup: Sendable {
  var supervisor: any SupervisorQueries { get }
  var routes: [Route] { get }
}

extension RouteGroup {
  /// The path prefix of most routes.
  var base: String { "/api/orchestration" }

  /// A route that waits for the takeover from an earlier Stoker, and answers 503 if that takes its time: before its end, no answer would
  /// be true.
  func route(
    _ method: String, _ pattern: String, access: Access = .read, command: String? = nil, options: [String: String] = [:],
    handler: @escaping Route.Handler
  ) -> Route {
    Route(method, pattern, access: access, command: command, options: options) { request, parameters in
      if !supervisor.isBooted { guard await supervisor.waitForBoot() else { return .fault(.starting) } }
      return await handler(request, parameters)
    }
  }

  /// The service of the path with the published state, or 404 with the nearest name.
  func named(_ parameters: PathParameters, _ answer: (ServiceID, Published) async -> Response) async -> Response {
    let name = parameters["name"] ?? ""
    let published = supervisor.read()
    guard let id = published.graph.id(named: name) else { return .fault(notFound(name, in: published)) }
    return await answer(id, published)
  }

  func notFound(_ name: String, in published: Published) -> HTTPFault {
    let hint = published.graph.nearest(to: name).map { "; did you mean '\($0)'?" } ?? ""
    return HTTPFault(status: 404, code: "service_not_found", message: "Service '\(name)' not found\(hint)")
  }

  /// Why the caller gets no output of a service; null: it gets it (rule 34).
  func outputRefusal(_ request: Request, of name: String) -> JSON {
    JSON(request.rights.mayReadOutput ? nil : Withheld.output.sentence(instead: "stoker logs \(name)"))
  }

  func time(_ instant: Instant?) -> JSON {
    JSON(instant.map { supervisor.clock.timestamp($0).rfc3339 })
  }
}

extension HTTPFault {
  /// The answer during the takeover from an earlier Stoker: no answer would be true, and no command would last.
  static var starting: HTTPFault {
    HTTPFault(
      status: 503, code: "starting", message: "Stoker is still taking over what an earlier one left; ask again when it has started",
      headers: ["Retry-After": "1"])
  }
}

extension Response {
  /// A JSON answer.
  static func json(_ value: JSON, status: Int = 200) -> Response {
    .json(value.render(), status: status)
  }
}

extension Sentence {
  /// The version for a caller with these rights.
  func text(for rights: Rights) -> String { rights.mayReadOutput ? full : withoutOutput }
}
