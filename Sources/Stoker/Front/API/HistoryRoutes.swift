// The history of a service: its runs, with their ends and last lines.

import HTTPServer
import Journal
import Orchestration

/// The runs of a service.
struct HistoryRoutes: RouteGroup {
  let supervisor: any SupervisorQueries
  /// A history has megabytes, and comes from a disk: of many, most wait their turn before it is read.
  private let turnstile = Turnstile(2)

  init(supervisor: any SupervisorQueries) {
    self.supervisor = supervisor
  }

  var routes: [Route] {
    [
      route("GET", "\(base)/service/{name}/history") { request, parameters in
        await turnstile.pass { await named(parameters) { await history($0, $1, request) } }
      }
    ]
  }

  /// `GET /service/{name}/history`
  func history(_ id: ServiceID, _ published: Published, _ request: Request) async -> Response {
    let limit: Int
    do {
      limit = try request.number(query: "limit", in: 1...1000, default: 100, meaning: "a number of runs")
    } catch {
      return .fault(error)
    }
    guard let journal = supervisor.journal else {
      return .fault(HTTPFault(status: 409, code: "no_journal", message: "This Stoker has no state directory, so it keeps no history"))
    }
    let name = published.name(id)
    let entries = await journal.history(of: name, limit: limit)
    return .json([
      "success": true,
      "service": .string(name),
      "complete": .bool(journal.status.isUsable),
      "output_refusal": outputRefusal(request, of: name),
      "history": .array(entries.map { json($0, for: request.rights) }),
    ])
  }

  private func json(_ entry: RunEntry, for rights: Rights) -> JSON {
    func sentence(_ stored: String) -> JSON { .string(Sentence(stored: stored).text(for: rights)) }
    var members = [
      JSON.Member("run", JSON(entry.run)),
      JSON.Member("started_at", .string(moment(entry.startedAt))),
      JSON.Member("cause", entry.startCause.map(sentence) ?? .null),
      JSON.Member("restart_reason", JSON(entry.reason?.rawValue)),
      JSON.Member("pid", JSON(entry.pid)),
    ]
    switch entry.outcome {
    case .open:
      members.append(JSON.Member("outcome", "open"))
    case .ended(let end):
      members += [
        JSON.Member("outcome", "ended"),
        JSON.Member("ended_at", .string(moment(end.at))),
        JSON.Member("end_cause", sentence(end.cause)),
        JSON.Member("exit", .string(end.exit.text)),
        JSON.Member("exit_code", JSON(end.exit.code)),
        JSON.Member("exit_signal", JSON(end.exit.signal)),
        JSON.Member("run_seconds", JSON(end.seconds.map { ($0 * 1000).rounded() / 1000 })),
        JSON.Member("last_lines", rights.mayReadOutput ? JSON(end.lines) : .null),
      ]
    case .startFailed(let failure):
      members += [
        JSON.Member("outcome", "start_failed"), JSON.Member("stage", .string(failure.stage)), JSON.Member("error", sentence(failure.text)),
      ]
    }
    return .object(members)
  }

  private func moment(_ milliseconds: Int64) -> String {
    Timestamp(milliseconds: milliseconds).rfc3339
  }
}
