// The log of a service: its last lines, and the lines that follow.

import HTTPServer
import Orchestration
import Processes
import ServiceLogs

/// The log of a service.
struct LogRoutes: RouteGroup {
  let supervisor: any SupervisorQueries

  var routes: [Route] {
    [
      route("GET", "\(base)/service/{name}/logs", access: .output, command: "stoker logs {name}") { request, parameters in
        await named(parameters) { await logs($0, $1, request) }
      }
    ]
  }

  /// `GET /service/{name}/logs`
  func logs(_ id: ServiceID, _ published: Published, _ request: Request) async -> Response {
    let filter: LogFilter
    let count: Int
    let follows: Bool
    let isStamped: Bool
    do {
      filter = try LogFilter(request)
      // Since a moment, all lines are wanted.
      let usual = filter.since == nil ? 100 : 100_000
      count = try request.number(query: "tail", in: 0...100_000, default: usual, meaning: "a number of lines")
      follows = try request.isOn(query: "follow", words: "1 or 0")
      isStamped = try request.isOn(query: "timestamps", words: "1 or 0")
    } catch {
      return .fault(error)
    }
    let name = published.name(id)
    let service = published.services[id.index]
    guard let log = service.log else {
      return .fault(HTTPFault(status: 409, code: "no_log", message: "Service '\(name)' has no process, so it has no log"))
    }
    if isStamped || filter.needsTimes, service.command?.logPolicy.mode == .direct {
      return .fault(
        HTTPFault(
          status: 409, code: "no_times",
          message: "Service '\(name)' writes its log itself (log.mode: direct), so the times of its lines are not known: leave out since, "
            + "until and timestamps"))
    }
    guard follows else {
      var text = LogText(isStamped: isStamped)
      let lines = log.tail(filter.isSelective ? .max : count, stream: filter.stream, isLive: true)
      let wanted = filter.isSelective ? await filter.select(lines).suffix(count) : lines[...]
      return .text(String(decoding: text.take(wanted), as: UTF8.self))
    }
    let follower = LogFollower(filter: filter, count: count, isStamped: isStamped) { [supervisor] present in
      // A reload has changed its path, or has removed the service.
      let now = supervisor.read()
      guard let id = now.graph.id(named: name), let next = now.services[id.index].log, next !== present else { return nil }
      return next
    }
    return .stream(contentType: "text/plain; charset=utf-8") { writer in try await follower.follow(log, writer) }
  }
}
