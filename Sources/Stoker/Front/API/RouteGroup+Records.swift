// Parts that several answers share: check results and entries of the registry.

import HTTPServer
import Orchestration

extension RouteGroup {
  func json(_ check: CheckRecord, for rights: Rights) -> JSON {
    [
      "timestamp": .string(check.at.rfc3339),
      "status": .string(check.health.rawValue),
      "passed": .bool(check.passed),
      "message": .string(check.message.text(for: rights)),
      "response_time_ms": milliseconds(check.responseTime),
      "details": check.details ?? .null,
    ]
  }

  func milliseconds(_ duration: Duration?) -> JSON {
    JSON(duration.map { ($0.inSeconds * 1_000_000).rounded() / 1000 })
  }

  /// The statistics of the registry, but for its types, which can be as many as its entries.
  func registryStatistics(_ published: Published) -> [JSON.Member] {
    let entries = published.snapshot.registry.values
    let policy = HeartbeatPolicy()
    return [
      JSON.Member("total_services", JSON(entries.count)),
      JSON.Member("alive_services", JSON(entries.count { $0.isAlive })),
      JSON.Member("by_status", counts(of: count(entries.lazy.map(\.status.rawValue)))),
      JSON.Member("heartbeat_interval", JSON(policy.interval.inSeconds)),
      JSON.Member("heartbeat_timeout", JSON(policy.timeout.inSeconds)),
    ]
  }

  /// The number of entries of each type.
  func registryTypes(_ published: Published) -> [String: Int] {
    count(published.snapshot.registry.values.lazy.map(\.type))
  }

  func counts(of words: [String: Int]) -> JSON {
    .object(words.sorted { $0.key < $1.key }.map { JSON.Member($0.key, JSON($0.value)) })
  }

  private func count(_ words: some Sequence<String>) -> [String: Int] {
    words.reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }

  func json(_ kept: RegistryEntry, named name: String, in published: Published) -> JSON {
    let entry = kept.current(at: supervisor.clock.now)
    var members = [
      JSON.Member("name", .string(name)),
      JSON.Member("type", .string(entry.type)),
      JSON.Member("status", .string(entry.status.rawValue)),
      JSON.Member("alive", .bool(entry.isAlive)),
      JSON.Member("last_heartbeat", time(entry.lastBeat)),
      JSON.Member("heartbeats", JSON(entry.beats)),
      JSON.Member("ttl", JSON(entry.timeToLive?.inSeconds)),
      JSON.Member("details", entry.details.map { .verbatim(Array($0.utf8.dropLast())) } ?? .null),
    ]
    if let id = published.graph.id(named: name) {
      let service = published.services[id.index]
      members += [
        JSON.Member("version", JSON(service.version)),
        JSON.Member("endpoints", .object(service.endpoints.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .string($0.value)) })),
        JSON.Member("dependencies", published.names(service.spec.dependencies.map(\.service))),
        JSON.Member("metadata", .object(service.labels.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .string($0.value)) })),
      ]
    } else if let payload = try? JSON(parsing: Array(entry.payload.utf8)) {
      let absent: [(String, JSON)] = [("version", nil), ("endpoints", [:]), ("dependencies", []), ("metadata", [:])]
      for (key, value) in absent {
        let given = payload[key] ?? .null
        members.append(JSON.Member(key, given == .null ? value : given))
      }
    }
    return .object(members)
  }
}
