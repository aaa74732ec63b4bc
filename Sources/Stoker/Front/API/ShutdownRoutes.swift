// The full stop on request.

import Glibc
import HTTPServer
import Orchestration

/// The full stop on request: SIGTERM for callers of the interface (rule 24).
struct ShutdownRoutes: RouteGroup {
  let supervisor: any SupervisorQueries

  var routes: [Route] {
    [route("POST", "\(base)/shutdown", access: .control, command: "stoker shutdown") { request, _ in await shutdown(request) }]
  }

  /// `POST /shutdown`
  func shutdown(_ request: Request) async -> Response {
    do {
      _ = try request.flags([])
    } catch {
      return .fault(error)
    }
    let isUnderWay = supervisor.read().snapshot.node.isShuttingDown
    supervisor.stopEverything(by: await request.origin)
    return .json(
      [
        "success": true,
        "pid": JSON(getpid()),
        "message": .string(isUnderWay ? "Stoker is stopping everything already" : "Stoker stops everything, and ends"),
      ], status: 202)
  }
}
