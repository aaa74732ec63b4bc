// Requests of callers: commands with their waits, checks now, and entries of the registry.

import Orchestration
import ServiceFile

extension SupervisorLoop {
  /// Hands a command to the core, and replies when its goal is reached or missed.
  mutating func perform(
    _ command: ServiceCommand, goal: Goal, limit: Duration, by origin: Origin, reply: CheckedContinuation<CommandReply, Never>
  ) {
    guard let id = graph.id(named: command.service) else { return reply.resume(returning: .gone) }
    let now = clock.now
    let before = core.view(id)
    let (verdict, actions) = core.perform(command.command(id), by: origin, at: now, jitter: Self.jitter)
    let attempts = core.view(id).attempts
    // The wish is written first: its effects may not outlive this Stoker, but the wish must.
    if case .accepted(let alsoStarted, let alsoStopped) = verdict {
      for wish in command.wishes(for: before, alsoStarted, alsoStopped) { note(wish, by: origin) }
    }
    carryOut(actions, at: now)
    if case .refused(let refusal) = verdict { return reply.resume(returning: .refused(refusal, names: refusal.services.map(name))) }
    let condition = WaitCondition(goal: goal, after: command.newestRunBeforeGoal(on: before), attempts: attempts, deadline: now + limit)
    replies.add(
      CommandWait(
        service: command.service, before: before, condition: condition, alsoStarted: verdict.alsoStarted.map(name),
        alsoStopped: verdict.alsoStopped.map(name), isChecked: verdict == .checking, reply: reply))
  }

  /// Writes a wish, unless the service file has the same: if the file changes later, the service follows it.
  func note(_ wish: Wish, by origin: Origin) {
    let name = name(wish.service)
    let isEnabled = reloads.file?.choice.map { $0.enabledByFile.contains(name) } ?? services[wish.service.index].spec.isEnabled
    if wish.isUp == isEnabled {
      history.forgetWish(name)
    } else {
      history.wish(name, isUp: wish.isUp, by: origin.text, at: .now)
    }
  }

  /// Hands a command for the whole node to the core, without a reply.
  mutating func perform(_ command: Command, by origin: Origin) {
    let now = clock.now
    carryOut(core.perform(command, by: origin, at: now, jitter: Self.jitter).1, at: now)
  }

  /// Checks all services now (rule 6).
  mutating func checkAllNow(reply: CheckedContinuation<[CheckNowResult], Never>) {
    var batch = CheckNowBatch(reply: reply)
    let now = clock.now
    var actions: [Action] = []
    for service in services.indices {
      let id = ServiceID(service)
      let (answer, further) = core.checkNow(id, at: now)
      actions += further
      let view = core.view(id)
      switch answer {
      case .pending(let check): batch.awaited.insert(check)
      case .notRunning: batch.results.append(.notRunning(name(id), at: clock.timestamp(now)))
      case .noCheck where !view.isAlive && view.status != .completed: batch.results.append(.notRunning(name(id), at: clock.timestamp(now)))
      case .noCheck(let health):
        batch.results.append(
          CheckNowResult(
            service: name(id), health: health, passed: health == .healthy, at: clock.timestamp(now),
            message: view.isAlive ? "the process lives" : "completed"))
      }
    }
    // Kept before the actions are carried out: a heartbeat check has its result within them.
    replies.add(batch)
    carryOut(actions, at: now)
  }

  // MARK: Registry

  mutating func register(_ registration: Registration, by origin: Origin) -> Result<RegistryEntry, RegistryRefusal> {
    let now = clock.now
    let (result, actions) = core.register(
      registration.name, type: registration.type, timeToLive: registration.timeToLive, payload: registration.payload, by: origin, at: now)
    carryOut(actions, at: now)
    return result
  }

  mutating func beat(_ name: String, status: RegistryEntry.Status?, details: String?) -> Result<RegistryEntry, RegistryRefusal> {
    let now = clock.now
    let (result, actions) = core.beat(name, status: status, details: details, at: now)
    carryOut(actions, at: now)
    return result
  }

  mutating func deregister(_ name: String, by origin: Origin) -> Result<RegistryEntry, RegistryRefusal> {
    let now = clock.now
    let (result, actions) = core.deregister(name, by: origin, at: now)
    carryOut(actions, at: now)
    return result
  }
}

extension CommandAnswer {
  /// The services that are started with the one that was named.
  fileprivate var alsoStarted: [ServiceID] { if case .accepted(let started, _) = self { started } else { [] } }

  /// The services that are stopped with it.
  fileprivate var alsoStopped: [ServiceID] { if case .accepted(_, let stopped) = self { stopped } else { [] } }
}

extension Refusal {
  /// The services that the refusal names.
  fileprivate var services: [ServiceID] {
    switch self {
    case .dependencyFailed(let ids), .dependencyUnmet(let ids), .requiredBy(let ids): ids
    case .restartLimitExceeded, .external, .noReload, .notRunning, .noProcess, .beingRemoved, .shuttingDown: []
    }
  }
}
