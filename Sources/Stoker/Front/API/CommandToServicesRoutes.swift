// Commands to all services at once.

import HTTPServer
import Orchestration

/// Start, stop and restart of all services at once.
struct CommandToServicesRoutes: RouteGroup {
  let supervisor: any SupervisorQueries

  var routes: [Route] {
    CommandToServices.allCases.map { command in
      let verb = command.verb.name
      return route("POST", "\(base)/\(verb)", access: .control, command: "stoker \(verb) --all") { request, _ in
        await perform(command, request)
      }
    }
  }

  /// The result for one service.
  private struct Outcome: Sendable {
    var name: String
    /// The word for programs; nil: a success.
    var error: String?
    /// The end of a sentence that has named the service.
    var clause: String
    var isPending = false
  }

  /// `POST /start`, `POST /stop`, `POST /restart`
  func perform(_ command: CommandToServices, _ request: Request) async -> Response {
    let wait: WaitOption
    do {
      _ = try request.flags([])
      wait = try WaitOption(request)
      guard wait != .completed || command == .stop else {
        return .fault(
          .malformed("'wait=completed' is for single services; all of them are waited for with 'running', 'healthy' or 'none'"))
      }
    } catch {
      return .fault(error)
    }
    let orders: [CommandToServices.Order]
    switch await supervisor.perform(command, by: await request.origin) {
    case .refused(let refusal): return .fault(HTTPFault(status: 409, code: refusal.code, message: "Stoker is shutting down"))
    case .accepted(let accepted): orders = accepted
    }
    let outcomes = await outcomes(of: orders, wait, request.rights)
    // A restart changes no wish (rule 33).
    let isRemembered = command == .restart ? true : await supervisor.remember()
    return answer(command, outcomes, isRemembered: isRemembered)
  }

  private func outcomes(of orders: [CommandToServices.Order], _ wait: WaitOption, _ rights: Rights) async -> [Outcome] {
    let published = supervisor.read()
    // They may have to wait for each other.
    let limit = orders.reduce(Duration.zero) { sum, order in
      sum + (published.graph.id(named: order.command.service).map { commands.limit(of: $0, in: published, wait) } ?? .zero)
    }
    let found = await withTaskGroup(of: Outcome.self, returning: [String: Outcome].self) { group in
      for order in orders {
        guard let id = published.graph.id(named: order.command.service) else { continue }
        let goal = wait.goal(of: order.command.verb, published.services[id.index].spec)
        group.addTask { outcome(await supervisor.wait(order, goal: goal, limit: limit), of: order, rights) }
      }
      return await group.reduce(into: [:]) { $0[$1.name] = $1 }
    }
    return orders.compactMap { found[$0.command.service] }
  }

  private var commands: CommandRoutes { CommandRoutes(supervisor: supervisor) }

  private func outcome(_ reply: CommandReply, of order: CommandToServices.Order, _ rights: Rights) -> Outcome {
    let (name, verb) = (order.command.service, order.command.verb)
    switch reply {
    case .reached(let view, let before, _, _): return Outcome(name: name, clause: verb.result(before, view))
    case .accepted: return Outcome(name: name, clause: "is being \(verb.past)", isPending: true)
    case .failed(let error):
      return Outcome(name: name, error: "start_failed", clause: "was \(verb.past), and failed: \(error.text(for: rights))")
    case .checkFailed(let reason): return Outcome(name: name, error: "start_failed", clause: reason.text(for: rights))
    case .vain(let reason): return Outcome(name: name, error: "start_failed", clause: reason)
    case .missed(let reason): return Outcome(name: name, error: "goal_not_reached", clause: reason)
    case .refused, .gone: return Outcome(name: name, error: "service_not_found", clause: "is not in the service file any more")
    }
  }

  private func answer(_ command: CommandToServices, _ outcomes: [Outcome], isRemembered: Bool) -> Response {
    let published = supervisor.read()
    let failed = outcomes.filter { $0.error != nil }
    let error = failed.contains { $0.error == "start_failed" } ? "start_failed" : failed.first?.error
    let isPending = outcomes.contains(where: \.isPending)
    let status = error.map { $0 == "start_failed" ? 409 : 504 } ?? (isPending ? 202 : 200)
    let head = [JSON.Member("success", .bool(error == nil))] + (error.map { [JSON.Member("error", .string($0))] } ?? [])
    return .json(
      .object(
        head + [
          JSON.Member("services", .array(outcomes.map { row($0, in: published) })),
          JSON.Member("remembered", .bool(isRemembered)),
          JSON.Member("message", .string(sentence(command, outcomes, isPending: isPending))),
        ]), status: status)
  }

  private func row(_ outcome: Outcome, in published: Published) -> JSON {
    let view = published.graph.id(named: outcome.name).map { published.snapshot[$0] }
    return [
      "service": .string(outcome.name),
      "success": .bool(outcome.error == nil),
      "error": JSON(outcome.error),
      "status": JSON(view?.status.rawValue),
      "health": JSON(view?.health.rawValue),
      "message": .string(outcome.clause),
    ]
  }

  private func sentence(_ command: CommandToServices, _ outcomes: [Outcome], isPending: Bool) -> String {
    let count = outcomes.count { $0.error == nil }
    let services = outcomes.count == 1 ? "service" : "services"
    let share = count == outcomes.count ? "\(count)" : "\(count) of \(outcomes.count)"
    let done = "\(share) \(services) \(isPending ? "\(count == 1 ? "is" : "are") being " : "")\(command.verb.past)"
    switch command {
    case .start: return outcomes.isEmpty ? "Every enabled service is up, or on its way" : done
    case .restart: return outcomes.isEmpty ? "No service is running that could be restarted" : done
    case .stop:
      let stay = "they stay stopped after a restart of Stoker, until they are started; 'stoker shutdown' ends Stoker itself"
      return (outcomes.isEmpty ? "Every service is stopped already" : done) + "; \(stay)"
    }
  }
}
