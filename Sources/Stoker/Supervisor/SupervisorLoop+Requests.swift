// What others ask of the supervisor: commands with their waits, checks now, and the registry.

import Orchestration

extension SupervisorLoop {
  /// Gives a command to the core, and answers when its goal is reached or lost.
  mutating func perform(
    _ command: Command, on id: ServiceID, goal: Goal, limit: Duration, by origin: Origin, reply: CheckedContinuation<CommandOutcome, Never>
  ) {
    let now = clock.now
    let after = newestRunThatDoesNotCount(for: command, on: core.view(id))
    let (verdict, actions) = core.perform(command, by: origin, at: now, jitter: Self.jitter)
    carryOut(actions, at: now)
    switch verdict {
    case .refused(let refusal): reply.resume(returning: .refused(refusal))
    case .accepted(let alsoStarted, let alsoStopped):
      waits.append(
        CommandWait(
          id: id, goal: goal, after: after, deadline: now + limit, alsoStarted: alsoStarted, alsoStopped: alsoStopped, reply: reply))
    }
  }

  /// A start is content with the run that is there; a restart joins the one that is under way (rule 20), and wants a new run otherwise.
  private func newestRunThatDoesNotCount(for command: Command, on service: ServiceView) -> UInt64 {
    let isContent =
      switch command {
      case .start: service.isAlive || service.status == .starting || service.status == .completed
      case .restart: service.status == .starting
      case .boot, .stop, .shutdown, .killAll: false
      }
    return isContent && service.run > 0 ? service.run - 1 : service.run
  }

  /// A command that concerns the whole; nobody waits for it here.
  mutating func perform(_ command: Command, by origin: Origin) {
    let now = clock.now
    carryOut(core.perform(command, by: origin, at: now, jitter: Self.jitter).1, at: now)
  }

  /// Answers whoever waits for what has become of it; after publishing, so that who is answered reads what the answer speaks of.
  mutating func settleWaits() {
    if checkNowBatches.contains(where: \.awaited.isEmpty) {
      for batch in checkNowBatches where batch.awaited.isEmpty {
        batch.reply.resume(returning: batch.results.sorted { $0.id < $1.id })
      }
      checkNowBatches.removeAll(where: \.awaited.isEmpty)
    }
    guard !waits.isEmpty else { return }
    let now = clock.now
    var remaining: [CommandWait] = []
    for wait in waits {
      let outcome: CommandOutcome
      let view = core.view(wait.id)
      switch wait.verdict(on: view, at: now) {
      case .reached: outcome = .reached(view, alsoStarted: wait.alsoStarted, alsoStopped: wait.alsoStopped)
      case .accepted: outcome = .accepted(alsoStarted: wait.alsoStarted, alsoStopped: wait.alsoStopped)
      case .missed: outcome = .missed(publication.read().snapshot.explain(wait.id, at: now).sentence)
      case nil:
        remaining.append(wait)
        continue
      }
      wait.reply.resume(returning: outcome)
    }
    waits = remaining
  }

  /// Checks these services now (rule 6).
  mutating func checkNow(_ ids: [ServiceID], reply: CheckedContinuation<[CheckNowResult], Never>) {
    var batch = CheckNowBatch(reply: reply)
    let now = clock.now
    var actions: [Action] = []
    for id in ids {
      let (answer, further) = core.checkNow(id, at: now)
      actions += further
      let view = core.view(id)
      switch answer {
      case .pending(let check): batch.awaited.insert(check)
      case .notRunning:
        batch.results.append(
          CheckNowResult(id: id, health: .unknown, passed: false, at: clock.timestamp(now), message: "not running"))
      case .noCheck where !view.isAlive && view.status != .completed:
        batch.results.append(
          CheckNowResult(id: id, health: .unknown, passed: false, at: clock.timestamp(now), message: "not running"))
      case .noCheck(let health):
        batch.results.append(
          CheckNowResult(
            id: id, health: health, passed: health == .healthy, at: clock.timestamp(now),
            message: view.isAlive ? "the process lives" : "completed"))
      }
    }
    // Kept before the actions are carried out: a heartbeat check answers within them.
    checkNowBatches.append(batch)
    carryOut(actions, at: now)
  }
}
