// The services: their state, their health, and their sums.

import Addresses
import HTTPServer
import Orchestration
import Processes
import ServiceLogs

/// All services, their health, their sums, and one service in detail.
struct ServiceRoutes: RouteGroup {
  let supervisor: any SupervisorQueries
  let usage: UsageCache

  var routes: [Route] {
    [
      route("GET", "\(base)/services") { request, _ in await services(request) },
      route("GET", "\(base)/health") { request, _ in health(request) },
      route("GET", "\(base)/metrics") { request, _ in summary(request) },
      route("GET", "\(base)/service/{name}") { request, parameters in
        await named(parameters) { service($0, $1, request) }
      },
    ]
  }

  /// `GET /services`
  func services(_ request: Request) async -> Response {
    await usage.refresh(within: UsageCache.answerPatience)
    let published = supervisor.read()
    return .json([
      "success": true,
      "node": .string(supervisor.configuration.name),
      "at": .string(Timestamp.now.rfc3339),
      "can_control": .bool(request.rights.mayControl),
      "control_refusal": JSON(request.rights.mayControl ? nil : "\(Withheld.changes.sentence(instead: "stoker restart NAME"))."),
      "output_refusal": outputRefusal(request, of: "NAME"),
      "total_services": JSON(published.snapshot.services.count),
      "services": .object(rows(published, for: request.rights)),
      "is_ready": .bool(published.snapshot.node.isReady),
      "initialized": .bool(published.snapshot.node.isInitialized),
      "composite_health": .string(published.snapshot.node.health.rawValue),
      "stopping": JSON(published.snapshot.node.stopping?.request),
      "state_directory_lost": JSON(supervisor.watch?.problem),
      "troubles": troubles(published),
    ])
  }

  /// All services' rows.
  func rows(_ published: Published, for rights: Rights) -> [JSON.Member] {
    let views = published.snapshot.services
    let diagnoses = published.diagnoses(of: views.map(\.id), at: supervisor.clock.now, supervisor.clock)
    return views.indices.map { JSON.Member(published.name(views[$0].id), brief(views[$0], diagnoses[$0], in: published, for: rights)) }
  }

  /// One service's row.
  private func brief(_ view: ServiceView, _ diagnosis: Diagnosis, in published: Published, for rights: Rights) -> JSON {
    let record = published.records[view.id.index]
    // No copy of the whole service, which would cost more than the row.
    let spec = published.services[view.id.index].spec
    let labels = published.services[view.id.index].labels
    let usage = self.usage.usage(of: published.services[view.id.index])
    var members: [JSON.Member] = []
    members.reserveCapacity(26)
    func add(_ name: String, _ value: JSON) { members.append(JSON.Member(name, value)) }
    add("status", .string(view.status.rawValue))
    add("restart_count", JSON(view.restarts.total))
    add("restart_attempts", JSON(view.attempts))
    add("last_restart", time(view.lastRestart))
    add("last_error", JSON(record.lastError?.sentence.text(for: rights)))
    add("last_error_at", JSON(record.lastError?.at.rfc3339))
    add("last_line", lastLine(of: view, in: published, for: rights))
    add("is_critical", .bool(spec.isCritical))
    add("health", .string(view.health.rawValue))
    add("checked", .bool(spec.check != nil))
    add("auto_recovery", .bool(spec.recovers))
    add("enabled", .bool(spec.isEnabled))
    add("kind", .string(spec.kind.rawValue))
    add("section", JSON(spec.section))
    add("labels", .object(labels.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .string($0.value)) }))
    add("pid", JSON(record.process?.pid))
    add("since", time(view.enteredAt))
    add("next_attempt", time(view.nextAttempt))
    add("layer", JSON(published.graph.layers[view.id.index]))
    add("cpu_seconds", JSON(usage.flatMap { $0.isHidden ? nil : (($0.userSeconds + $0.systemSeconds) * 1000).rounded() / 1000 }))
    add("memory_bytes", JSON(record.process == nil ? nil : usage?.tree?.residentBytes))
    diagnosis.add(to: &members, for: rights)
    return .object(members)
  }

  /// The last words of a service in trouble.
  private func lastLine(of view: ServiceView, in published: Published, for rights: Rights) -> JSON {
    guard rights.mayReadOutput, view.isTroubled, let log = published.services[view.id.index].log else { return .null }
    return JSON(QuotedLine.last(of: log.newestLines(of: view.run)))
  }

  /// `GET /health`
  func health(_ request: Request) -> Response {
    let published = supervisor.read()
    let now = supervisor.clock.now
    let views = published.snapshot.services
    func names(_ health: Health) -> JSON {
      JSON(views.filter { $0.health == health }.map { published.name($0.id) })
    }
    return .json([
      "status": "ok",
      "composite_health": .string(published.snapshot.node.health.rawValue),
      "services": .object(
        views.map { JSON.Member(published.name($0.id), .object(health($0, in: published, at: now, for: request.rights))) }),
      "unhealthy_services": names(.unhealthy),
      "degraded_services": names(.degraded),
      "troubles": troubles(published),
    ])
  }

  /// The number of results in a row of health: as many as fit into a row of the page.
  private static let recentChecks = 30

  private func health(_ view: ServiceView, in published: Published, at now: Instant, for rights: Rights) -> [JSON.Member] {
    let spec = published.services[view.id.index].spec
    let checks = published.records[view.id.index].checks
    return [
      JSON.Member("status", .string(view.health.rawValue)),
      JSON.Member("service_status", .string(view.status.rawValue)),
      JSON.Member("checked", .bool(spec.check != nil)),
      JSON.Member("last_check", checks.last.map { json($0, for: rights) } ?? .null),
      JSON.Member("consecutive_failures", JSON(view.consecutiveFailures)),
      JSON.Member("consecutive_successes", JSON(view.consecutiveSuccesses)),
      JSON.Member(
        "recent_checks",
        .string(String(decoding: checks.suffix(Self.recentChecks).map { UInt8(ascii: $0.passed ? "1" : "0") }, as: UTF8.self))),
    ]
      + UptimeHistory.Window.allCases.flatMap { window in
        let uptime = view.values.uptime(window, of: spec, at: now)
        // In percent with three digits.
        let percent = uptime.map { ($0.ratio * 100_000).rounded() / 1000 }
        let known = uptime.flatMap { $0.coversWindow ? nil : $0.known.inSeconds.rounded() }
        return [JSON.Member("uptime_\(window.rawValue)", JSON(percent)), JSON.Member("uptime_\(window.rawValue)_of_seconds", JSON(known))]
      }
  }

  private func troubles(_ published: Published) -> JSON {
    .array(
      supervisor.troubles(published).map { trouble in
        ["code": .string(trouble.code), "sentence": .string(trouble.sentence), "services": JSON(trouble.services)]
      })
  }

  /// `GET /service/{name}`
  func service(_ id: ServiceID, _ published: Published, _ request: Request) -> Response {
    let view = published.snapshot[id]
    let record = published.records[id.index]
    let service = published.services[id.index]
    let detail: JSON = [
      "success": true,
      "service": .string(service.name),
      "section": JSON(service.spec.section),
      "description": JSON(service.description),
      "kind": .string(service.spec.kind.rawValue),
      "version": JSON(service.version),
      "labels": .object(service.labels.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .string($0.value)) }),
      "status": .string(view.status.rawValue),
      "health": .string(view.health.rawValue),
      "checked": .bool(service.spec.check != nil),
      "auto_recovery": .bool(service.spec.recovers),
      "enabled": .bool(service.spec.isEnabled),
      "pid": JSON(record.process?.pid),
      "run": JSON(view.run),
      "run_started_at": record.process == nil ? .null : time(view.runStarted),
      "since": time(view.enteredAt),
      "restart_count": JSON(view.restarts.total),
      "restart_attempts": JSON(view.attempts),
      "restart_limit": JSON(service.spec.restart.maxAttempts),
      "next_attempt": time(view.nextAttempt),
      "last_restart": time(view.lastRestart),
      "last_error": JSON(record.lastError?.sentence.text(for: request.rights)),
      "last_error_at": JSON(record.lastError?.at.rfc3339),
      "last_line": lastLine(of: view, in: published, for: request.rights),
      "last_output": lastOutput(of: service, for: request.rights),
      "said": JSON(record.said),
      "is_critical": .bool(service.spec.isCritical),
      "endpoints": .object(service.endpoints.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .string($0.value)) }),
      "log": log(of: service, for: request.rights),
      "dependencies": .object(
        edges(of: id, in: published) + [
          JSON.Member("layer", JSON(published.graph.layers[id.index])), JSON.Member("states", states(of: id, in: published)),
        ]),
      "health_history": .array(record.checks.map { json($0, for: request.rights) }),
      "restart_history": .array(record.restarts.map { json($0, for: request.rights) }),
      "last_reload": record.lastReload.map { reload in
        [
          "at": .string(reload.at.rfc3339), "outcome": .string(reload.outcome.rawValue),
          "sentence": .string(reload.sentence.text(for: request.rights)),
        ]
      } ?? .null,
      "last_signal": record.lastSignal.map { signal in
        [
          "at": .string(signal.at.rfc3339), "signal": .string(signal.signal), "scope": .string(signal.scope.rawValue),
          "sentence": .string(signal.sentence),
        ]
      } ?? .null,
      "registry_metadata": published.snapshot.registry[service.name].map { json($0, named: service.name, in: published) } ?? .null,
      "output_refusal": outputRefusal(request, of: service.name),
    ]
    let diagnoses = published.diagnoses(of: [id], at: supervisor.clock.now, supervisor.clock)
    return .json(.object((detail.members ?? []) + diagnoses.flatMap { $0.members(for: request.rights) }))
  }

  /// The last line of its output, whether it is in trouble or not.
  private func lastOutput(of service: Service, for rights: Rights) -> JSON {
    guard rights.mayReadOutput, let line = service.log?.newestLine else { return .null }
    return [
      "stream": .string(line.stream.rawValue), "text": .string(QuotedLine.shown(line.visible)),
      "at": .string(Timestamp(nanoseconds: line.time).rfc3339),
    ]
  }

  /// The place of its output, and the moment since which all of it is in memory.
  private func log(of service: Service, for rights: Rights) -> JSON {
    guard let log = service.log, let policy = service.command?.logPolicy else { return .null }
    // Lines that an earlier Stoker read are not in the memory of this one.
    let began = min(max(supervisor.startedAt, Timestamp(nanoseconds: log.beginning ?? 0)), .now)
    return [
      "path": JSON(rights.mayReadOutput ? policy.path : nil), "mode": .string(policy.mode.rawValue),
      "in_memory_since": JSON(policy.mode == .direct ? nil : began.rfc3339),
    ]
  }

  /// Its dependencies with their present states.
  private func states(of id: ServiceID, in published: Published) -> JSON {
    .array(
      published.services[id.index].spec.dependencies.map { edge in
        let view = published.snapshot[edge.service]
        return [
          "name": .string(published.name(edge.service)), "condition": .string(edge.condition.rawValue), "optional": .bool(edge.isOptional),
          "status": .string(view.status.rawValue), "health": .string(view.health.rawValue),
          "checked": .bool(published.services[edge.service.index].spec.check != nil), "held_up": .bool(published.isHeldUp(edge.service)),
        ]
      })
  }

  /// Required and optional dependencies, and dependents.
  private func edges(of id: ServiceID, in published: Published) -> [JSON.Member] {
    let dependencies = published.services[id.index].spec.dependencies
    return [
      JSON.Member("required", published.names(dependencies.filter { !$0.isOptional }.map(\.service))),
      JSON.Member("optional", published.names(dependencies.filter(\.isOptional).map(\.service))),
      JSON.Member("dependents", published.names(published.graph.dependents[id.index])),
    ]
  }

  private func json(_ restart: RestartRecord, for rights: Rights) -> JSON {
    [
      "timestamp": .string(restart.at.rfc3339),
      "reason": .string(restart.reason.rawValue),
      "cause": .string(restart.cause.text(for: rights)),
      "attempt": JSON(restart.attempt),
      "previous_exit": JSON(restart.exit?.text),
      "last_error": JSON(restart.error?.text(for: rights)),
    ]
  }

  /// `GET /metrics` under the API: the sums, for programs without Prometheus.
  func summary(_ request: Request) -> Response {
    let published = supervisor.read()
    let views = published.snapshot.services
    var byStatus = Tally<Status>()
    var byHealth = Tally<Health>()
    for view in views {
      byStatus[view.status] += 1
      byHealth[view.health] += 1
    }
    return .json([
      "success": true,
      "metrics": [
        "total_services": JSON(views.count),
        "running_services": JSON(byStatus[.running]),
        "failed_services": JSON(byStatus[.failed]),
        "stopped_services": JSON(byStatus[.stopped] + byStatus[.completed]),
        "waiting_services": JSON(byStatus[.waiting]),
        "starting_services": JSON(byStatus[.starting]),
        "backoff_services": JSON(byStatus[.backoff]),
        "stopping_services": JSON(byStatus[.stopping]),
        "total_restarts": JSON(views.reduce(0) { $0 + $1.restarts.total }),
        "healthy_services": JSON(byHealth[.healthy]),
        "degraded_services": JSON(byHealth[.degraded]),
        "unhealthy_services": JSON(byHealth[.unhealthy]),
        "is_ready": .bool(published.snapshot.node.isReady),
        "initialized": .bool(published.snapshot.node.isInitialized),
      ],
      "registry_stats": .object(registryStatistics(published) + [JSON.Member("by_type", counts(of: registryTypes(published)))]),
      "service_details": .object(rows(published, for: request.rights)),
    ])
  }
}

extension Published {
  /// The names of these services.
  func names(_ ids: [ServiceID]) -> JSON {
    JSON(ids.map(name))
  }
}
