// A reload: applies the difference of two service files, and changes nothing else.

import Logging
import Orchestration
import Processes
import ServiceFile
import ServiceLogs

extension SupervisorLoop {
  /// Puts another service file in place, or plans that.
  mutating func reload(_ new: ServiceFile, _ environments: [EnvironmentState], dryRun: Bool, by origin: Origin) -> ReloadResult {
    guard let file = reloads.file else { return .refused("Stoker was not started from a service file") }
    guard !core.node.isShuttingDown else { return .refused("Stoker is shutting down") }
    let diff = ServiceFileDiff(from: file, to: new, withOtherEnvironment: services(with: EnvironmentReading.all(environments)))
    // The listeners stay those of the start.
    let shortage = DescriptorNeed(new.services, listeners: file.supervisor.listen.count).shortage
    let impossible = impossible(diff, new) + [shortage].compactMap { $0.map { "\($0)" } }
    guard impossible.isEmpty else { return .wrong(impossible) }
    let warnings = EnvironmentState.warnings(environments)
    let told = told(diff, new)
    guard !dryRun else { return .planned(told, warnings: warnings) }
    let start = clock.now
    do {
      try put(new, diff, by: origin)
    } catch {
      return .wrong(["\(error)"])
    }
    reloads.put(new)
    let now = clock.now
    publication.update { published in
      published.file = Published.FileStatus(readAt: .now, inputs: new.inputs, resolution: now - start)
    }
    reporter.report(told, by: origin)
    for warning in warnings { logger.warning("\(warning)") }
    return .planned(told, warnings: warnings)
  }

  /// The difference as it takes effect on the services in their present states.
  private func told(_ diff: ServiceFileDiff, _ new: ServiceFile) -> ServiceFileDiff {
    var told = diff
    told.services = diff.services.map { change in
      guard let before = change.before, let after = change.after else { return change }
      let needsNewRun = if case .restarted = change.action { true } else { false }
      return change.taking(ReloadEffect(on: before, of: new.services[after.index].spec, needsNewRun: needsNewRun, in: core))
    }
    return told
  }

  /// The services whose environment files have another content than their last run was given.
  private func services(with environments: [String: EnvironmentReading]) -> Set<String> {
    let changed = environments.filter { name, reading in
      guard let id = graph.id(named: name) else { return false }
      let startedAt = core.view(id).runStarted.map(clock.timestamp)
      return reading.isNews(after: drivers.processes.environmentContent(of: name), startedAt: startedAt)
    }
    return Set(changed.keys)
  }

  /// The changes of kind that a live service prevents: a running service cannot become external, nor an external one supervised.
  private func impossible(_ diff: ServiceFileDiff, _ new: ServiceFile) -> [String] {
    diff.services.compactMap { change in
      guard let before = change.before, let after = change.after else { return nil }
      let kinds = (services[before.index].spec.kind, new.services[after.index].spec.kind)
      guard (kinds.0 == .external) != (kinds.1 == .external), core.view(before).isAlive else { return nil }
      return "service '\(change.name)' is running and cannot change from \(kinds.0.rawValue) to \(kinds.1.rawValue): stop it first"
    }
  }

  /// Reports a file with errors, which has changed nothing.
  mutating func reloadFailed(_ problems: [String], by origin: Origin) {
    publication.update { $0.file.problems = problems.isEmpty ? ["it has faults"] : problems }
    logger.error("the service file was not reloaded, nothing has changed (\(origin.text)): \(problems.joined(separator: "; "))")
  }

  private mutating func put(_ new: ServiceFile, _ diff: ServiceFileDiff, by origin: Origin) throws {
    let made = try reloads.factory.make(new.services, before: services)
    let names = Set(made.map(\.name))
    // Removed services stay behind those of the new file until they have ended.
    let leaving = services.indices.filter { !names.contains(services[$0].name) }
    let exits = ExitPolicy(new.supervisor.exitConditions, untilCompleted: new.choice?.untilCompleted)
    try renumber(made, leaving: leaving, diff, exits: exits, by: origin)
  }

  /// Renumbers everything: the services of the new file first, and behind them the removed ones.
  private mutating func renumber(_ made: [Service], leaving: [Int], _ diff: ServiceFileDiff?, exits: ExitPolicy? = nil, by origin: Origin)
    throws
  {
    let renumbering = try Renumbering(made, leaving: leaving, old: services, lastRuns: reloads.lastRuns, diff)
    keepFormerLogs(renumbering)
    services = renumbering.services
    records = renumbering.renumbered(records, fresh: ServiceRecord())
    reloads.retired = reloads.retired.compactMap(renumbering.id)
    let now = clock.now
    var reload = renumbering.reload
    reload.exits = exits
    let actions = core.reload(reload, by: origin, at: now)
    publishAll()
    carryOut(actions, at: now)
    for change in diff?.services ?? [] {
      guard let after = change.after, change.action != .unchanged else { continue }
      applyLimits(of: after)
      // A changed key overrides the wish that a person had before.
      if change.action.reasons.contains("enabled"), reloads.file?.choice == nil { history.forgetWish(change.name) }
    }
  }

  /// Keeps the old log of a service until the run that writes to it ends.
  private mutating func keepFormerLogs(_ renumbering: Renumbering) {
    for (service, origin) in zip(renumbering.services, renumbering.reload.origins) {
      guard let index = origin?.index, let log = services[index].log, log !== service.log else { continue }
      let key = RunKey(owner: service.name, run: records[index].run)
      if records[index].process == nil { log.close() } else { reloads.formerLogs[key] = log }
    }
  }

  /// Publishes everything: every array is indexed by the new numbers.
  private mutating func publishAll() {
    // Write-ahead here, too: no reader sees a state that a successor does not know.
    _ = core.takeTouched()
    for index in services.indices { history.write(core.view(ServiceID(index)), of: services[index], clock: clock) }
    _ = core.takeRegistryTouched()
    let snapshot = core.snapshot()
    var generation = 0
    publication.update { published in
      published.snapshot = snapshot
      published.services = services
      published.records = records
      published.generation += 1
      generation = published.generation
    }
    reporter.reportToSubscribers(
      LiveEvent(at: .now, what: .reloaded(generation: generation), message: "other services: the service file was reloaded"))
  }

  /// Removes the services that a reload took out of the file and that have ended.
  mutating func removeRetired() {
    // A service that came back meanwhile stays.
    let gone = Set(reloads.retired.filter { core.view($0).isRetiring }.map(name))
    guard !gone.isEmpty, !core.node.isShuttingDown else { return }
    for name in gone { reloads.lastRuns[name] = graph.id(named: name).map { core.view($0).run } }
    let isRetiring = services.indices.map { core.view(ServiceID($0)).isRetiring }
    for service in services where gone.contains(service.name) { service.log?.close() }
    let staying = services.indices.filter { !isRetiring[$0] }.map { services[$0] }
    let leaving = services.indices.filter { isRetiring[$0] && !gone.contains(services[$0].name) }
    reloads.retired = []
    do {
      try renumber(staying, leaving: leaving, nil, by: .program)
    } catch {
      // Fewer services and fewer edges make no circle.
      assertionFailure("\(error)")
    }
    for name in gone.sorted() {
      history.forget(name)
      drivers.processes.forget(name)
      logger.info("\(name): removed, as the service file requires")
    }
  }
}
