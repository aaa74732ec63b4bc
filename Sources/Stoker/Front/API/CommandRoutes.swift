// Commands: start, stop, restart, and checks on request.

import HTTPServer
import NIOHTTP1
import Orchestration

/// Start, stop and restart of a service, and checks on request.
struct CommandRoutes: RouteGroup {
  let supervisor: any SupervisorQueries

  var routes: [Route] {
    [
      route("POST", "\(base)/start/{name}", access: .control, command: "stoker start {name}") { request, parameters in
        await named(parameters) { await start($0, $1, request) }
      },
      route("POST", "\(base)/stop/{name}", access: .control, command: "stoker stop {name}") { request, parameters in
        await named(parameters) { await stop($0, $1, request) }
      },
      route("POST", "\(base)/restart/{name}", access: .control, command: "stoker restart {name}") { request, parameters in
        await named(parameters) { await restart($0, $1, request) }
      },
      route("POST", "\(base)/health/check-now", access: .control, command: "stoker health --now") { request, _ in await checkNow(request) },
    ]
  }

  /// `POST /start/{name}`
  func start(_ id: ServiceID, _ published: Published, _ request: Request) async -> Response {
    await command(id, published, request, options: ["force"]) { flags in .start(force: flags["force"] ?? false) }
  }

  /// `POST /stop/{name}`
  func stop(_ id: ServiceID, _ published: Published, _ request: Request) async -> Response {
    await command(id, published, request, options: ["force", "cascade"]) { flags throws(HTTPFault) in
      let (force, cascade) = (flags["force"] ?? false, flags["cascade"] ?? false)
      guard !(force && cascade) else {
        throw .malformed("'force' stops only the named service and 'cascade' its dependents first: give one of them")
      }
      return .stop(force ? .force : cascade ? .cascade : .refuse)
    }
  }

  /// `POST /restart/{name}`
  func restart(_ id: ServiceID, _ published: Published, _ request: Request) async -> Response {
    await command(id, published, request, options: ["force"]) { flags in .restart(force: flags["force"] ?? false) }
  }

  private func command(
    _ id: ServiceID, _ published: Published, _ request: Request, options: [String],
    verb: ([String: Bool]) throws(HTTPFault) -> ServiceCommand.Verb
  ) async -> Response {
    let wait: WaitOption
    let command: ServiceCommand
    do {
      let flags = try request.flags(options)
      wait = try WaitOption(request)
      command = ServiceCommand(service: published.name(id), verb: try verb(flags))
      try wait.check(command.verb, published.services[id.index].spec)
    } catch {
      return .fault(error)
    }
    let reply = await supervisor.perform(
      command, goal: wait.goal(of: command.verb, published.services[id.index].spec), limit: limit(of: id, in: published, wait),
      by: await request.origin)
    // Nobody is told that a command was carried out before its wish would outlive this Stoker (rule 33). The restart of what is up changes no
    // wish: once it is done, there is nothing to forget, and before, it would be forgotten.
    let isRemembered: Bool
    if case .restart = command.verb, published.snapshot[id].isUp {
      isRemembered = reply.isReached
    } else {
      isRemembered = reply.isAnswerToWish ? await supervisor.remember() : false
    }
    // A stop follows no change of the file.
    let isFileChanged: Bool? = if case .stop = command.verb { nil } else { await supervisor.fileHasChanged() }
    return answer(reply, to: command, isRemembered: isRemembered, isFileChanged: isFileChanged, request.rights)
  }

  private func answer(
    _ reply: CommandReply, to command: ServiceCommand, isRemembered: Bool, isFileChanged: Bool?, _ rights: Rights
  ) -> Response {
    let (name, verb) = (command.service, command.verb)
    let published = supervisor.read()
    // The answer has the present state of the service; a reload may have removed it meanwhile.
    guard let id = published.graph.id(named: name) else { return .fault(notFound(name, in: published)) }
    let present = published.snapshot[id]
    func state(
      _ view: ServiceView, error: String? = nil, _ message: String, _ alsoStarted: [String] = [], _ alsoStopped: [String] = []
    ) -> JSON {
      self.state(view, name, error: error, message, alsoStarted, alsoStopped, isRemembered: isRemembered, isFileChanged: isFileChanged)
    }
    switch reply {
    case .reached(let view, let before, let alsoStarted, let alsoStopped):
      return .json(state(view, "Service '\(name)' \(verb.result(before, view))", alsoStarted, alsoStopped))
    case .accepted(let before, let alsoStarted, let alsoStopped):
      let wait = present.status == .waiting ? ": it \(published.note(of: id, RootCauses(of: published.snapshot)).text(for: rights))" : ""
      let sentence =
        verb.isDone(before, present)
        ? "Service '\(name)' \(verb.result(before, present))" : "The \(verb.name) of service '\(name)' is under way\(wait)"
      return .json(state(present, sentence, alsoStarted, alsoStopped), status: 202)
    case .checkFailed(let reason):
      let sentence = "Service '\(name)' was not restarted: \(reason.text(for: rights)); 'stoker restart --force \(name)' skips the check"
      return .fault(HTTPFault(status: 409, code: "check_failed", message: sentence))
    case .failed(let error):
      let sentence = "Service '\(name)' was \(verb.past), and failed: \(error.text(for: rights))"
      return .json(state(present, error: "start_failed", sentence), status: 409)
    case .vain(let reason):
      return .json(state(present, error: "start_failed", reason), status: 409)
    case .missed(let reason):
      return .json(state(present, error: "goal_not_reached", reason), status: 504)
    case .refused(let refusal, let names):
      let ending = error(behind: refusal, name, names, in: published).map { "; the last error of '\($0)': \($1.text(for: rights))" } ?? ""
      let lost = present.lost.map { published.name($0.service) }
      return .fault(HTTPFault(status: 409, code: refusal.code, message: refusal.sentence(name, names, lost: lost) + ending))
    case .gone:
      return .fault(notFound(name, in: published))
    }
  }

  /// The first known error of the services for which a command was refused.
  private func error(behind refusal: Refusal, _ name: String, _ others: [String], in published: Published) -> (String, Sentence)? {
    let unwell: [String] =
      switch refusal {
      case .restartLimitExceeded: [name]
      case .dependencyFailed, .dependencyUnmet: others
      case .requiredBy, .external, .noReload, .notRunning, .noProcess, .beingRemoved, .shuttingDown: []
      }
    return unwell.lazy.compactMap { name in
      published.graph.id(named: name).flatMap { published.records[$0.index].lastError }.map { (name, $0.sentence) }
    }.first
  }

  private func state(
    _ view: ServiceView, _ name: String, error: String?, _ message: String, _ alsoStarted: [String], _ alsoStopped: [String],
    isRemembered: Bool, isFileChanged: Bool?
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
        JSON.Member("remembered", .bool(isRemembered)),
      ] + (isFileChanged.map { [JSON.Member("file_changed", .bool($0))] } ?? []) + [JSON.Member("message", .string(message))])
  }

  /// The longest reasonable wait: the stop that may come first, the start, and the checks.
  func limit(of id: ServiceID, in published: Published, _ wait: WaitOption) -> Duration {
    let spec = published.services[id.index].spec
    let check = spec.reload?.hasCheck == true ? spec.reload?.timeout ?? .zero : .zero
    let stop = max(spec.stop.timeout, published.graph.longestStopChain.duration) + .seconds(5) + check
    if wait == .completed { return .seconds(365 * 86_400) }
    let start = (spec.start.isNotified || spec.hooks.contains(.preStart) ? spec.start.timeout : .zero) + spec.start.minUptime
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
              "message": .string(result.message.full),
              "passed": .bool(result.passed),
              "details": result.details ?? .null,
              "response_time_ms": milliseconds(result.responseTime),
            ])
        }),
    ])
  }
}

extension ServiceCommand.Verb {
  var name: String {
    switch self {
    case .start: "start"
    case .stop: "stop"
    case .restart: "restart"
    }
  }

  var past: String {
    switch self {
    case .start: "started"
    case .stop: "stopped"
    case .restart: "restarted"
    }
  }

  /// Whether nothing was left to do, or everything is done by now, of a command that nobody waits for.
  fileprivate func isDone(_ before: ServiceView, _ after: ServiceView) -> Bool {
    switch self {
    case .start: before.isUp
    case .stop: after.status == .stopped
    case .restart: false
    }
  }

  /// The result of the command, as the end of a sentence that has named the service.
  func result(_ before: ServiceView, _ after: ServiceView) -> String {
    let isKilled = after.stopKills > before.stopKills || (after.status == .stopped && after.cause == .killed)
    let killing = "killed" + (after.lastStopDuration.map { " after \($0.rough)" } ?? "")
    switch self {
    case .start where before.isUp && after.run == before.run: return "is running already"
    case .stop where before.status == .stopped: return "is stopped already"
    case .stop where isKilled: return "stopped, \(killing)"
    case .restart where isKilled: return "restarted; its process before was \(killing)"
    case .start, .stop, .restart: return "\(past) successfully"
    }
  }
}

extension ServiceView {
  /// Whether a start has nothing to do.
  fileprivate var isUp: Bool { self.status == .running && self.isDesiredUp && !self.isStopDue }
}

extension WaitOption {
  /// Throws if a service like this one never completes.
  fileprivate func check(_ verb: ServiceCommand.Verb, _ spec: ServiceSpec) throws(HTTPFault) {
    if case .stop = verb { return }
    guard self == .completed, spec.kind == .external || spec.restart.rule == .always else { return }
    throw .malformed(
      "'\(spec.name)' never completes: " + (spec.kind == .external ? "it is external" : "its restart.policy is 'always'")
        + "; wait for 'running' or 'healthy'")
  }

  /// The goal of a command with this option for this service.
  func goal(of verb: ServiceCommand.Verb, _ spec: ServiceSpec) -> Goal {
    let life = spec.start.isNotified || spec.kind == .external ? .zero : spec.start.minUptime
    return switch (self, verb) {
    case (.none, _): .none
    case (_, .stop): .stopped
    case (.running, _): .running
    case (.started, _): .started(living: life)
    case (.healthy, _): .healthy(living: spec.check == nil ? life : .zero)
    case (.completed, _): .completed
    }
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
    case .noReload: "no_reload"
    case .notRunning: "not_running"
    case .noProcess: "no_process"
    case .beingRemoved: "being_removed"
    case .shuttingDown: "shutting_down"
    }
  }

  /// One sentence; `others`: the services that the refusal names, `lost`: those that are lost to the service.
  func sentence(_ name: String, _ others: [String] = [], lost: [String] = []) -> String {
    let list = Self.list(others)
    switch self {
    case .restartLimitExceeded where !lost.isEmpty:
      return "Service '\(name)' has used up its restarts and requires \(Self.list(lost)), which is not ready: mend that first"
    case .restartLimitExceeded:
      return "Service '\(name)' has used up its restarts: 'stoker start \(name)' or 'stoker restart --force \(name)' tries again"
    case .dependencyFailed: return "Service '\(name)' requires \(list), which failed: mend and start that first"
    case .dependencyUnmet:
      return
        "Service '\(name)' requires \(list), which is not ready: nothing was stopped; 'stoker restart --force \(name)' restarts it all the same"
    case .requiredBy:
      return
        "Service '\(name)' is required by \(list); 'stoker stop --cascade \(name)' stops them too, 'stoker stop --force \(name)' only it"
    case .external: return "Service '\(name)' is external: Stoker does not start it, so it cannot restart it"
    case .noReload:
      return
        "Service '\(name)' has no 'reload' in the service file: 'stoker reload' reads that file, 'stoker restart \(name)' restarts the service"
    case .notRunning: return "Service '\(name)' has no running process: 'stoker why \(name)' says why"
    case .noProcess: return "Service '\(name)' has no process of its own that Stoker could signal"
    case .beingRemoved: return "Service '\(name)' is no longer in the service file and is being stopped"
    case .shuttingDown: return "Stoker is shutting down"
    }
  }

  private static func list(_ names: [String]) -> String { names.map { "'\($0)'" }.joined(separator: ", ") }
}
