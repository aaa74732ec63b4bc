// Root causes: every face of the product names the root cause of the core, in any history.

import HTTPServer
import Logging
import Orchestration
import Simulator
import Testing

@testable import Stoker
@testable import StokerCommand

struct FacesTests {
  @Test("every face names the root cause that the core names, in random histories")
  func roots() async throws {
    let faces = try Faces()
    var affected = 0
    var indirect = 0
    for seed in 0..<60 as Range<UInt64> {
      for (snapshot, at) in snapshots(of: Scenario(seed: seed), every: 25) {
        let expected = snapshot.services.filter { !$0.reasons.isEmpty }.map { view in
          (id: view.id, root: snapshot.graph[snapshot.explain(view.id, at: at).rootCause].name)
        }
        let answers = try faces.roots(in: snapshot, at: at)
        for (id, root) in expected {
          let name = snapshot.graph[id].name
          affected += 1
          if !snapshot[id].reasons.contains(where: { snapshot.graph[$0.service].name == root }) { indirect += 1 }
          for (face, roots) in answers { #expect(roots[name] == root, "\(face) of \(name), seed \(seed), at \(at)") }
        }
        for (face, roots) in answers {
          #expect(roots.count == expected.count, "\(face) names roots of others, seed \(seed), at \(at)")
        }
      }
    }
    await faces.page.shutdown()
    #expect(
      affected > 500 && indirect > 50, "the histories are no test: \(affected) were held up, \(indirect) of them for a root behind others")
  }
}

/// The faces that can be asked without a terminal, a browser or a socket.
private struct Faces {
  let page: MetricsPage
  private let services: ServiceRoutes
  private let graph: GraphRoutes

  init() throws {
    let supervisor = try Supervisor(SupervisorConfiguration(name: "test", services: []), logger: Logger(label: "test"))
    page = MetricsPage(supervisor.supervision, registry: supervisor.metrics)
    services = ServiceRoutes(supervisor: supervisor.supervision, usage: page.usage)
    graph = GraphRoutes(supervisor: supervisor.supervision)
  }

  /// By face, the root cause that it names for each service that is held up.
  func roots(in snapshot: Snapshot, at now: Instant) throws -> [(face: String, roots: [String: String])] {
    let published = Published(
      snapshot: snapshot, services: snapshot.graph.services.map(Service.init(described:)),
      records: snapshot.services.map { _ in ServiceRecord(lastError: LastError(text: "exited with code 3", at: Timestamp(nanoseconds: 0))) }
    )
    let rows = services.rows(published, for: .reading)
    let answer: JSON = ["services": .object(rows), "is_ready": true, "initialized": true]
    let seconds = services.supervisor.clock.timestamp(now).seconds
    var node = NodeState()
    node.replace(with: try ServicesAnswer(parsing: answer.render()), at: seconds)
    let status = StatusTable(answer, now: seconds).lines(width: nil).dropFirst()
    let run = ProgressTable.lines(published.overview(at: now), .starting, size: TerminalSize(columns: 400, rows: 100)).dropLast()
    let news = snapshot.services.map { view in
      LiveEvent(
        at: services.supervisor.clock.timestamp(now), service: published.name(view.id), what: .health(from: .unknown, to: view.health),
        message: "")
    }
    let events = news.diagnosed(in: published, at: now, services.supervisor.clock)
    return [
      ("GET /services", named(rows.map { ($0.name, $0.value["root_cause"]?["name"]?.string) })),
      ("why", try named(affected(in: published).map { (published.name($0), try why($0, published)) })),
      ("an event", named(events.map { ($0.service ?? "", JSON.object($0.details(for: .reading))["root_cause"]?["name"]?.string) })),
      ("stoker status", named(status.map { ($0.word(0), $0.root) })),
      ("stoker top", named(node.rows.map { ($0.key, Column.note.cell($0.value, now: seconds).plain.root) })),
      ("stoker run", named(run.map { ($0.plain.word(1), $0.plain.root) })),
    ]
  }

  private func affected(in published: Published) -> [ServiceID] {
    published.snapshot.services.filter { !$0.reasons.isEmpty }.map(\.id)
  }

  private func why(_ id: ServiceID, _ published: Published) throws -> String? {
    try JSON(parsing: Array(graph.why(id, published, Request(method: "GET", path: "/")).parts.joined()))["root_cause"]?.string
  }

  private func named(_ pairs: [(String, String?)]) -> [String: String] {
    Dictionary(pairs.compactMap { name, root in root.map { (name, $0) } }) { first, _ in first }
  }
}

extension Service {
  /// A service of a simulation, without a process.
  fileprivate init(described spec: ServiceSpec) {
    self.init(
      spec: spec, type: spec.name, labels: [:], endpoints: [:], launch: .none, historyLimit: 0, usage: UsageAccount())
  }
}

extension String {
  fileprivate func word(_ index: Int) -> String {
    let words = split(separator: " ")
    return words.indices.contains(index) ? String(words[index]) : ""
  }

  /// The root in "waits for web, which failed: …", or in "relies on web, because database failed: …"; nil if nothing holds it up.
  fileprivate var root: String? {
    let holds = ["waits for ", "relies on ", "comes back after "]
    guard let start = holds.compactMap({ firstRange(of: $0)?.upperBound }).first else { return nil }
    let words = self[start...].split(separator: " ", maxSplits: 3)
    return words[1] == "because" ? String(words[2]) : String(words[0].dropLast())
  }
}
