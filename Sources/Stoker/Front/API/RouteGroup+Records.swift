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

  func registryStatistics(_ published: Published) -> JSON {
    let entries = published.snapshot.registry.values
    let policy = HeartbeatPolicy()
    return [
      "total_services": JSON(entries.count),
      "alive_services": JSON(entries.count { $0.isAlive }),
      "by_status": counts(entries.map(\.status.rawValue)),
      "by_type": counts(entries.map(\.type)),
      "heartbeat_interval": JSON(policy.interval.inSeconds),
      "heartbeat_timeout": JSON(policy.timeout.inSeconds),
    ]
  }

  private func counts(_ words: [String]) -> JSON {
    var counts: [String: Int] = [:]
    for word in words { counts[word, default: 0] += 1 }
    return .object(counts.sorted { $0.key < $1.key }.map { JSON.Member($0.key, JSON($0.value)) })
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
      JSON.Member("ttl", JSON(entry.timeToLive.inSeconds)),
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
