// Commands to all services at once, between two inputs of the loop: their wishes, and the waits for each service.

import Orchestration

extension CommandToServices {
  /// Hands the command to the core. Stops are wishes for all services, also for those that are down already.
  func perform(in loop: inout SupervisorLoop, by origin: Origin) -> Answer {
    let now = loop.clock.now
    let before = loop.services.indices.map { loop.core.view(ServiceID($0)) }
    let (verdict, actions) = loop.core.perform(command, by: origin, at: now, jitter: SupervisorLoop.jitter)
    switch verdict {
    case .refused(let refusal): return .refused(refusal)
    case .accepted(let started, let stopped):
      let wishes: [Wish] =
        switch self {
        case .start: started.map { Wish(service: $0, isUp: true) }
        case .stop: before.filter { !$0.isRetiring }.map { Wish(service: $0.id, isUp: false) }
        case .restart: []
        }
      if !loop.core.node.isShuttingDown { for wish in wishes { loop.note(wish, by: origin) } }
      loop.carryOut(actions, at: now)
      return .accepted(
        (started + stopped).map { id in
          Order(
            command: ServiceCommand(service: loop.name(id), verb: verb), before: before[id.index], attempts: loop.core.view(id).attempts)
        })
    case .checking: return .accepted([])
    }
  }
}

extension CommandToServices.Order {
  /// Replies when the goal of the service is reached or missed.
  func wait(in loop: inout SupervisorLoop, goal: Goal, limit: Duration, reply: CheckedContinuation<CommandReply, Never>) {
    let condition = WaitCondition(
      goal: goal, after: command.newestRunBeforeGoal(on: before), attempts: attempts, deadline: loop.clock.now + limit)
    loop.replies.add(
      CommandWait(service: command.service, before: before, condition: condition, alsoStarted: [], alsoStopped: [], reply: reply))
  }
}
