// What others ask of the supervisor: commands with their waits, and checks now.

import Orchestration

extension SupervisorLoop {
  /// Gives a command to the core, and answers when its goal is reached or lost.
  mutating func perform(_ order: Order, goal: Goal, limit: Duration, by origin: Origin, reply: CheckedContinuation<CommandOutcome, Never>) {
    guard let id = graph.id(named: order.service) else { return reply.resume(returning: .gone) }
    let now = clock.now
    let before = core.view(id)
    let after = newestRunThatDoesNotCount(for: order, on: before)
    let (verdict, actions) = core.perform(order.command(id), by: origin, at: now, jitter: Self.jitter)
    // The wish first: what was done about it may not outlive us, but what was wanted shall.
    if case .accepted(let alsoStarted, let alsoStopped) = verdict { noteWishes(order, before, alsoStarted, alsoStopped, by: origin) }
    carryOut(actions, at: now)
    switch verdict {
    case .refused(let refusal): reply.resume(returning: .refused(refusal, names: refusal.services.map(name)))
    case .accepted(let alsoStarted, let alsoStopped):
      replies.add(
        CommandWait(
          service: order.service, goal: goal, after: after, deadline: now + limit, alsoStarted: alsoStarted.map(name),
          alsoStopped: alsoStopped.map(name), reply: reply))
    }
  }

  /// What a person wants outlives this Stoker. A restart of what is up anyway says nothing about that.
  private func noteWishes(
    _ order: Order, _ before: ServiceView, _ alsoStarted: [ServiceID], _ alsoStopped: [ServiceID], by origin: Origin
  ) {
    switch order.verb {
    case .start: noteWish(before.id, isUp: true, by: origin)
    case .restart: if !before.isDesiredUp { noteWish(before.id, isUp: true, by: origin) }
    case .stop: noteWish(before.id, isUp: false, by: origin)
    }
    for other in alsoStarted { noteWish(other, isUp: true, by: origin) }
    for other in alsoStopped { noteWish(other, isUp: false, by: origin) }
  }

  /// A wish that is the service file's own needs not to be kept: should the file change its mind, so do we.
  private func noteWish(_ id: ServiceID, isUp: Bool, by origin: Origin) {
    if isUp == services[id.index].spec.isEnabled {
      chronicle.forgetWish(name(id))
    } else {
      chronicle.wish(name(id), isUp: isUp, by: origin.text, at: .now)
    }
  }

  /// A start is content with the run that is there; a restart joins the one that is under way (rule 20), and wants a new run otherwise.
  private func newestRunThatDoesNotCount(for order: Order, on service: ServiceView) -> UInt64 {
    let isContent =
      switch order.verb {
      case .start: service.isAlive || service.status == .starting || service.status == .completed
      case .restart: service.status == .starting
      case .stop: false
      }
    return isContent && service.run > 0 ? service.run - 1 : service.run
  }

  /// A command that concerns the whole; nobody waits for it here.
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
      case .notRunning:
        batch.results.append(
          CheckNowResult(service: name(id), health: .unknown, passed: false, at: clock.timestamp(now), message: "not running"))
      case .noCheck where !view.isAlive && view.status != .completed:
        batch.results.append(
          CheckNowResult(service: name(id), health: .unknown, passed: false, at: clock.timestamp(now), message: "not running"))
      case .noCheck(let health):
        batch.results.append(
          CheckNowResult(
            service: name(id), health: health, passed: health == .healthy, at: clock.timestamp(now),
            message: view.isAlive ? "the process lives" : "completed"))
      }
    }
    // Kept before the actions are carried out: a heartbeat check answers within them.
    replies.add(batch)
    carryOut(actions, at: now)
  }
}

extension Refusal {
  /// The services that it speaks of.
  fileprivate var services: [ServiceID] {
    switch self {
    case .dependencyFailed(let ids), .dependencyUnmet(let ids), .requiredBy(let ids): ids
    case .restartLimitExceeded, .external, .beingRemoved, .shuttingDown: []
    }
  }
}
