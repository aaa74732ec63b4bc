// Changing: start, stop, restart, and checks on request.

import HTTPServer
import NIOHTTP1
import Orchestration

/// Start, stop and restart of a service, and checks on request.
struct CommandRoutes: RouteGroup {
  let supervisor: Supervisor

  var routes: [Route] {
    [
      route("POST", "\(base)/start/{name}", access: .control) { request, parameters in
        await named(parameters) { await start($0, $1, request) }
      },
      route("POST", "\(base)/stop/{name}", access: .control) { request, parameters in
        await named(parameters) { await stop($0, $1, request) }
      },
      route("POST", "\(base)/restart/{name}", access: .control) { request, parameters in
        await named(parameters) { await restart($0, $1, request) }
      },
      route("POST", "\(base)/health/check-now", access: .control) { request, _ in await checkNow(request) },
    ]
  }

  /// `POST /start/{name}`
  func start(_ id: ServiceID, _ published: Published, _ request: Request) async -> Response {
    await command(id, published, request, options: ["force"], verb: .start)
  }

  /// `POST /stop/{name}`
  func stop(_ id: ServiceID, _ published: Published, _ request: Request) async -> Response {
    await command(id, published, request, options: ["force", "cascade"], verb: .stop)
  }

  /// `POST /restart/{name}`
  func restart(_ id: ServiceID, _ published: Published, _ request: Request) async -> Response {
    await command(id, published, request, options: ["force"], verb: .restart)
  }

  private enum Verb: String {
    case start, stop, restart

    var past: String {
      switch self {
      case .start: "started"
      case .stop: "stopped"
      case .restart: "restarted"
      }
    }
  }

  private func command(_ id: ServiceID, _ published: Published, _ request: Request, options: [String], verb: Verb) async -> Response {
    let flags: [String: Bool]
    let wait: Wait
    do {
      flags = try request.flags(options)
      wait = try Wait(request)
    } catch {
      return .fault(error)
    }
    let force = flags["force"] ?? false
    let asked: Order.Verb
    switch verb {
    case .start:
      asked = .start(force: force)
    case .restart:
      asked = .restart(force: force)
    case .stop:
      if force && flags["cascade"] == true {
        return .fault(.malformed("'force' stops only the named service and 'cascade' its dependents first: give one of them"))
      }
      asked = .stop(force ? .force : flags["cascade"] == true ? .cascade : .refuse)
    }
    let goal: Goal =
      switch (wait, verb) {
      case (.none, _): .none
      case (_, .stop): .stopped
      case (.running, _): .running
      case (.healthy, _): .healthy
      }
    let name = published.name(id)
    let order = Order(service: name, verb: asked)
    let outcome = await supervisor.perform(order, goal: goal, limit: limit(of: id, in: published, wait), by: request.origin)
    return answer(outcome, to: verb, name)
  }

  private func answer(_ outcome: CommandOutcome, to verb: Verb, _ name: String) -> Response {
    let published = supervisor.read()
    // Answers speak of the service as it is now; the reload that took it away may have come meanwhile.
    guard let id = published.graph.id(named: name) else { return .fault(notFound(name, in: published)) }
    let present = published.snapshot[id]
    switch outcome {
    case .reached(let view, let alsoStarted, let alsoStopped):
      return .json(state(view, name, "Service '\(name)' \(verb.past) successfully", alsoStarted, alsoStopped))
    case .accepted(let alsoStarted, let alsoStopped):
      return .json(
        state(present, name, "The \(verb.rawValue) of service '\(name)' is under way", alsoStarted, alsoStopped), status: 202)
    case .missed(let reason):
      return .json(state(present, name, error: "goal_not_reached", reason), status: 504)
    case .refused(let refusal, let names):
      return .fault(HTTPFault(status: 409, code: refusal.code, message: refusal.sentence(name, names)))
    case .gone:
      return .fault(notFound(name, in: published))
    }
  }

  private func state(
    _ view: ServiceView, _ name: String, error: String? = nil, _ message: String, _ alsoStarted: [String] = [],
    _ alsoStopped: [String] = []
  ) -> JSON {
    let head = [JSON.Member("success", .bool(error == nil))] + (error.map { [JSON.Member("error", .string($0))] } ?? [])
    return .object(
      head + [
        JSON.Member("service", .string(name)),
        JSON.Member("status", .string(view.status.rawValue)),
        JSON.Member("health", .string(view.health.rawValue)),
        JSON.Member("restart_count", JSON(view.restarts.total)),
        JSON.Member("restart_attempts", JSON(view.attempts)),
        JSON.Member("last_restart", time(view.lastRestart)),
        JSON.Member("also_started", JSON(alsoStarted)),
        JSON.Member("also_stopped", JSON(alsoStopped)),
        JSON.Member("message", .string(message)),
      ])
  }

  /// The longest that somebody may reasonably wait: the stop that may come first, the start, and the checks.
  private func limit(of id: ServiceID, in published: Published, _ wait: Wait) -> Duration {
    let spec = published.services[id.index].spec
    let stop = max(spec.stop.timeout, published.graph.longestStopChain.duration) + .seconds(5)
    let start = spec.start.isNotified || spec.hooks.contains(.preStart) ? spec.start.timeout : .zero
    guard wait == .healthy, let check = spec.check else { return stop + start + .seconds(30) }
    return stop + start + check.startPeriod + check.interval * check.failureThreshold + .seconds(30)
  }

  /// `POST /health/check-now`
  func checkNow(_ request: Request) async -> Response {
    do {
      _ = try request.flags([])
    } catch {
      return .fault(error)
    }
    let results = await supervisor.checkAllNow()
    let published = supervisor.read()
    func place(_ result: CheckNowResult) -> Int { published.graph.id(named: result.service)?.index ?? .max }
    return .json([
      "success": true,
      "timestamp": .string(Timestamp.now.rfc3339),
      "composite_health": .string(published.snapshot.node.health.rawValue),
      "results": .object(
        results.sorted { place($0) < place($1) }.map { result in
          JSON.Member(
            result.service,
            [
              "service_name": .string(result.service),
              "status": .string(result.health.rawValue),
              "timestamp": .string(result.at.rfc3339),
              "message": .string(result.message),
              "passed": .bool(result.passed),
              "details": result.details ?? .null,
              "response_time_ms": milliseconds(result.responseTime),
            ])
        }),
    ])
  }
}

extension Refusal {
  /// The word for programs.
  var code: String {
    switch self {
    case .restartLimitExceeded: "restart_limit_exceeded"
    case .dependencyFailed: "dependency_failed"
    case .dependencyUnmet: "dependency_not_ready"
    case .requiredBy: "required_by"
    case .external: "external_service"
    case .beingRemoved: "being_removed"
    case .shuttingDown: "shutting_down"
    }
  }

  /// One sentence; `others` are the services that the refusal speaks of.
  fileprivate func sentence(_ name: String, _ others: [String]) -> String {
    let list = others.map { "'\($0)'" }.joined(separator: ", ")
    switch self {
    case .restartLimitExceeded: return "Service '\(name)' has used up its restarts; force it (force) to try again"
    case .dependencyFailed: return "Service '\(name)' requires \(list), which failed: mend and start that first"
    case .dependencyUnmet: return "Service '\(name)' requires \(list), which is not ready: nothing was stopped"
    case .requiredBy: return "Service '\(name)' is required by \(list); stop them too (cascade), or only it (force)"
    case .external: return "Service '\(name)' is external: Stoker does not start it, so it cannot restart it"
    case .beingRemoved: return "Service '\(name)' is no longer in the service file and is being stopped"
    case .shuttingDown: return "Stoker is shutting down"
    }
  }
}
