// Changing: start, stop, restart, and checks on request.

import HTTPServer
import NIOHTTP1
import Orchestration
import Synchronization

extension API {
  /// `POST /start/{name}`
  func start(_ id: ServiceID, _ request: Request) async -> Response {
    await command(id, request, options: ["force"], verb: .start)
  }

  /// `POST /stop/{name}`
  func stop(_ id: ServiceID, _ request: Request) async -> Response {
    await command(id, request, options: ["force", "cascade"], verb: .stop)
  }

  /// `POST /restart/{name}`
  func restart(_ id: ServiceID, _ request: Request) async -> Response {
    await command(id, request, options: ["force"], verb: .restart)
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

  private func command(_ id: ServiceID, _ request: Request, options: [String], verb: Verb) async -> Response {
    // What was commanded now would be overridden by the initial start.
    guard supervisor.isBooted.load(ordering: .acquiring) else {
      return .fault(
        HTTPFault(
          status: 503, code: "starting", message: "Stoker is still stopping what an earlier one left behind; ask again when it has started",
          headers: ["Retry-After": "1"]))
    }
    let flags: [String: Bool]
    let wait: Wait
    do {
      flags = try request.flags(options)
      wait = try Wait(request)
    } catch {
      return .fault(error)
    }
    let force = flags["force"] ?? false
    let command: Command
    switch verb {
    case .start:
      command = .start(id, force: force)
    case .restart:
      command = .restart(id, force: force)
    case .stop:
      if force && flags["cascade"] == true {
        return .fault(.malformed("'force' stops only the named service and 'cascade' its dependents first: give one of them"))
      }
      command = .stop(id, force ? .force : flags["cascade"] == true ? .cascade : .refuse)
    }
    let goal: Goal =
      switch (wait, verb) {
      case (.none, _): .none
      case (_, .stop): .stopped
      case (.running, _): .running
      case (.healthy, _): .healthy
      }
    let outcome = await supervisor.perform(command, on: id, goal: goal, limit: limit(of: id, wait), by: request.origin)
    return answer(outcome, to: verb, id)
  }

  private func answer(_ outcome: CommandOutcome, to verb: Verb, _ id: ServiceID) -> Response {
    let present = supervisor.read().snapshot[id]
    switch outcome {
    case .reached(let view, let alsoStarted, let alsoStopped):
      return .json(state(view, "Service '\(name(id))' \(verb.past) successfully", alsoStarted, alsoStopped))
    case .accepted(let alsoStarted, let alsoStopped):
      return .json(
        state(present, "The \(verb.rawValue) of service '\(name(id))' is under way", alsoStarted, alsoStopped), status: 202)
    case .missed(let reason):
      return .json(state(present, error: "goal_not_reached", reason), status: 504)
    case .refused(let refusal):
      return .fault(HTTPFault(status: 409, code: refusal.code, message: sentence(refusal, id)))
    }
  }

  private func state(
    _ view: ServiceView, error: String? = nil, _ message: String, _ alsoStarted: [ServiceID] = [], _ alsoStopped: [ServiceID] = []
  ) -> JSON {
    let head = [JSON.Member("success", .bool(error == nil))] + (error.map { [JSON.Member("error", .string($0))] } ?? [])
    return .object(
      head + [
        JSON.Member("service", .string(name(view.id))),
        JSON.Member("status", .string(view.status.rawValue)),
        JSON.Member("health", .string(view.health.rawValue)),
        JSON.Member("restart_count", JSON(view.restarts.total)),
        JSON.Member("restart_attempts", JSON(view.attempts)),
        JSON.Member("last_restart", time(view.lastRestart)),
        JSON.Member("also_started", names(alsoStarted)),
        JSON.Member("also_stopped", names(alsoStopped)),
        JSON.Member("message", .string(message)),
      ])
  }

  /// The longest that somebody may reasonably wait: the stop that may come first, the start, and the checks.
  private func limit(of id: ServiceID, _ wait: Wait) -> Duration {
    let spec = supervisor.services[id.index].spec
    let stop = max(spec.stop.timeout, supervisor.graph.longestStopChain.duration) + .seconds(5)
    guard wait == .healthy, let check = spec.check else { return stop + .seconds(30) }
    return stop + check.startPeriod + check.interval * check.failureThreshold + .seconds(30)
  }

  private func sentence(_ refusal: Refusal, _ id: ServiceID) -> String {
    let name = name(id)
    func list(_ ids: [ServiceID]) -> String { ids.map { "'\(self.name($0))'" }.joined(separator: ", ") }
    switch refusal {
    case .restartLimitExceeded:
      return "Service '\(name)' has used up its restarts; force it (force) to try again"
    case .dependencyFailed(let ids): return "Service '\(name)' requires \(list(ids)), which failed: mend and start that first"
    case .dependencyUnmet(let ids): return "Service '\(name)' requires \(list(ids)), which is not ready: nothing was stopped"
    case .requiredBy(let ids):
      return "Service '\(name)' is required by \(list(ids)); stop them too (cascade), or only it (force)"
    case .external: return "Service '\(name)' is external: Stoker does not start it, so it cannot restart it"
    case .shuttingDown: return "Stoker is shutting down"
    }
  }

  /// `POST /health/check-now`
  func checkNow(_ request: Request) async -> Response {
    do {
      _ = try request.flags([])
    } catch {
      return .fault(error)
    }
    let results = await supervisor.checkNow(supervisor.services.indices.map { ServiceID($0) })
    return .json([
      "success": true,
      "timestamp": .string(Timestamp.now.rfc3339),
      "composite_health": .string(supervisor.read().snapshot.node.health.rawValue),
      "results": .object(
        results.sorted { $0.id < $1.id }.map { result in
          JSON.Member(
            name(result.id),
            [
              "service_name": .string(name(result.id)),
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
    case .shuttingDown: "shutting_down"
    }
  }
}
