// A reload: the difference of two service files is applied, and nothing else is touched.

import Logging
import Orchestration
import Processes
import ServiceFile
import ServiceLogs

extension SupervisorLoop {
  /// Puts another service file in place, or says what that would do.
  mutating func reload(_ new: ServiceFile, dryRun: Bool, by origin: Origin) -> ReloadOutcome {
    guard let file = reloads.file else { return .refused("Stoker was not started from a service file") }
    guard !core.node.isShuttingDown else { return .refused("Stoker is shutting down") }
    let diff = ServiceFileDiff(from: file, to: new)
    let impossible = impossible(diff, new)
    guard impossible.isEmpty else { return .wrong(impossible) }
    guard !dryRun else { return .planned(diff) }
    let start = clock.now
    do {
      try put(new, diff, by: origin)
    } catch {
      return .wrong(["\(error)"])
    }
    reloads.put(new)
    let now = clock.now
    publication.update { published in
      published.file = Published.FileStatus(isRight: true, readAt: .now, resolution: now - start)
    }
    say(diff, by: origin)
    return .planned(diff)
  }

  /// A process that runs cannot become somebody else's, nor somebody else's ours.
  private func impossible(_ diff: ServiceFileDiff, _ new: ServiceFile) -> [String] {
    diff.services.compactMap { change in
      guard let before = change.before, let after = change.after else { return nil }
      let kinds = (services[before.index].spec.kind, new.services[after.index].spec.kind)
      guard (kinds.0 == .external) != (kinds.1 == .external), core.view(before).isAlive else { return nil }
      return "service '\(change.name)' is running and cannot change from \(kinds.0.rawValue) to \(kinds.1.rawValue): stop it first"
    }
  }

  /// A file that is wrong has changed nothing, and is said.
  mutating func reloadFailed(_ problems: [String], by origin: Origin) {
    publication.update { $0.file.isRight = false }
    logger.error("the service file was not reloaded, nothing has changed (\(origin.text)): \(problems.joined(separator: "; "))")
  }

  private mutating func put(_ new: ServiceFile, _ diff: ServiceFileDiff, by origin: Origin) throws {
    let made = try workshop.make(new.services, before: services)
    let names = Set(made.map(\.name))
    // Those that are still on their way out stay behind the new file's, until nothing of them is left.
    let leaving = services.indices.filter { !names.contains(services[$0].name) }
    try arrange(made, leaving: leaving, diff, by: origin)
  }

  /// Renumbers everything: services as the new file has them, and behind them those that leave.
  private mutating func arrange(_ made: [Service], leaving: [Int], _ diff: ServiceFileDiff?, by origin: Origin) throws {
    let arrangement = try Arrangement(made, leaving: leaving, old: services, lastRuns: reloads.lastRuns, diff)
    noteFormerLogs(arrangement)
    services = arrangement.services
    records = arrangement.arranged(records, fresh: ServiceRecord())
    reloads.retired = reloads.retired.compactMap(arrangement.place)
    let now = clock.now
    let actions = core.reload(arrangement.reload, by: origin, at: now)
    publishAll()
    carryOut(actions, at: now)
    for change in diff?.services ?? [] {
      guard let after = change.after, change.action != .unchanged else { continue }
      applyLimits(of: services[after.index])
      // The file says now what is wanted, whatever a person wanted before.
      if change.action.reasons.contains("enabled") { chronicle.forgetWish(change.name) }
    }
  }

  /// A run that writes to the old place of a log goes on to do so until its end.
  private mutating func noteFormerLogs(_ arrangement: Arrangement) {
    for (service, origin) in zip(arrangement.services, arrangement.reload.origins) {
      guard let index = origin?.index, let log = services[index].log, log !== service.log else { continue }
      let key = RunKey(owner: service.name, run: records[index].run)
      if records[index].process == nil { log.close() } else { reloads.formerLogs[key] = log }
    }
  }

  /// The whole picture anew: every array goes by the new numbers.
  private mutating func publishAll() {
    // Written first here, too: nobody has seen more than a successor will know.
    for id in core.takeTouched() { chronicle.note(core.view(id), of: name(id), clock: clock) }
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
    telling.follow(LiveEvent(at: .now, what: .reloaded(generation: generation), message: "other services: the service file was reloaded"))
  }

  /// Lets go of what a reload took out of the file, when nothing of it is left any more.
  mutating func letGoOfRetired() {
    // One that came back meanwhile is not gone.
    let gone = Set(reloads.retired.filter { core.view($0).isRetiring }.map(name))
    guard !gone.isEmpty, !core.node.isShuttingDown else { return }
    for name in gone { reloads.lastRuns[name] = graph.id(named: name).map { core.view($0).run } }
    let isRetiring = services.indices.map { core.view(ServiceID($0)).isRetiring }
    for service in services where gone.contains(service.name) { service.log?.close() }
    let staying = services.indices.filter { !isRetiring[$0] }.map { services[$0] }
    let leaving = services.indices.filter { isRetiring[$0] && !gone.contains(services[$0].name) }
    reloads.retired = []
    do {
      try arrange(staying, leaving: leaving, nil, by: .program)
    } catch {
      // Fewer services and fewer edges make no circle.
      assertionFailure("\(error)")
    }
    for name in gone.sorted() {
      chronicle.forget(name)
      world.processes.groups?.remove(name)
      logger.info("\(name): gone, as the service file says")
    }
  }

  private func say(_ diff: ServiceFileDiff, by origin: Origin) {
    guard !diff.isEmpty else { return logger.info("the service file was reloaded: nothing has changed (\(origin.text))") }
    logger.notice("the service file was reloaded (\(origin.text))")
    for change in diff.services where change.action != .unchanged { logger.info("\(change.sentence)") }
    for change in diff.supervisor where !change.isLive {
      logger.warning("\(change.key) has changed: that takes effect when Stoker is started the next time")
    }
  }
}
