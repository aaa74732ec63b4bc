// Requests to the process of a service, which change no state: a reload, and a signal.

import HTTPServer
import Orchestration
import ServiceFile

/// The reload of a service, and signals to it (rule 86).
struct ServiceRequestRoutes: RouteGroup {
  let supervisor: any SupervisorQueries

  var routes: [Route] {
    [
      route("POST", "\(base)/reload/{name}", access: .control, command: "stoker reload {name}") { request, parameters in
        await named(parameters) { await reload($0, $1, request) }
      },
      route("POST", "\(base)/signal/{name}", access: .control, command: "stoker signal HUP {name}") { request, parameters in
        await named(parameters) { await signal($0, $1, request) }
      },
    ]
  }

  /// `POST /reload/{name}`
  func reload(_ id: ServiceID, _ published: Published, _ request: Request) async -> Response {
    do {
      _ = try request.flags([])
    } catch {
      return .fault(error)
    }
    let name = published.name(id)
    switch await supervisor.reload(service: name, by: await request.origin) {
    case .gone: return .fault(notFound(name, in: supervisor.read()))
    case .refused(let refusal): return .fault(refusal, name)
    case .over(let record):
      guard let reason = record.reason else {
        return .json([
          "success": true, "service": .string(name), "outcome": .string(record.outcome.rawValue), "at": .string(record.at.rfc3339),
          "message": .string("Service '\(name)' reloaded successfully"),
        ])
      }
      func failure(error: String) -> Response {
        .json(
          [
            "success": false, "error": .string(error), "service": .string(name), "outcome": .string(record.outcome.rawValue),
            "at": .string(record.at.rfc3339),
            "message": .string("Service '\(name)' was not reloaded: \(reason.text(for: request.rights))"),
          ], status: 409)
      }
      return record.outcome == .checkFailed ? failure(error: "check_failed") : failure(error: "reload_failed")
    }
  }

  /// `POST /signal/{name}`
  func signal(_ id: ServiceID, _ published: Published, _ request: Request) async -> Response {
    let (number, scope): (Int32, StopPolicy.Scope)
    do {
      let body = try request.object(allowing: ["signal", "scope"])
      number = try Self.signal(body["signal"])
      scope = try Self.scope(body["scope"])
    } catch {
      return .fault(error)
    }
    let name = published.name(id)
    switch await supervisor.signal(name, number, scope, by: await request.origin) {
    case .gone: return .fault(notFound(name, in: supervisor.read()))
    case .refused(let refusal): return .fault(refusal, name)
    case .sent(let record, let pid):
      let receivers = scope == .group ? "all processes" : "the main process"
      return .json([
        "success": true, "service": .string(name), "signal": .string(record.signal), "scope": .string(scope.rawValue), "pid": JSON(pid),
        "at": .string(record.at.rfc3339), "message": .string("\(record.signal) was sent to \(receivers) of service '\(name)'"),
      ])
    }
  }

  /// A signal as the service file names it, or its number.
  private static func signal(_ value: JSON?) throws(HTTPFault) -> Int32 {
    let expected = "'signal' must be a signal such as HUP, SIGUSR1 or 12"
    guard let value, value != .null else { throw .malformed("\(expected); it is missing") }
    let text = value.string ?? value.number.flatMap { Int(exactly: $0) }.map(String.init)
    guard let text, let number = SignalName.number(of: text) else { throw .malformed(expected) }
    return number
  }

  private static func scope(_ value: JSON?) throws(HTTPFault) -> StopPolicy.Scope {
    guard let value else { return .process }
    guard let scope = value.string.flatMap(StopPolicy.Scope.init) else { throw .malformed("'scope' must be process or group") }
    return scope
  }
}

extension Response {
  /// The refusal of a request for this service.
  fileprivate static func fault(_ refusal: Refusal, _ service: String) -> Response {
    .fault(HTTPFault(status: 409, code: refusal.code, message: refusal.sentence(service)))
  }
}
