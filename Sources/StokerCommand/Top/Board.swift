// All services as the screen knows them: what was read last, and what happened since.

import Orchestration

struct Board: Sendable, Equatable {
  private(set) var node = ""
  private(set) var isReady = false
  private(set) var rows: [String: ServiceRow] = [:]
  private var readAt: Double?

  /// A new reading: of everything, and the processor time since the last one.
  mutating func replace(with answer: ServicesAnswer, at now: Double) {
    let elapsed = readAt.map { now - $0 }
    node = answer.node ?? node
    isReady = answer.isReady
    var fresh: [String: ServiceRow] = [:]
    fresh.reserveCapacity(answer.services.count)
    for (name, service) in answer.services {
      var row = ServiceRow(name: name, service)
      if let before = rows[name] {
        row.load = Self.load(before, row, elapsed)
        row.complaint = before.health == row.health ? before.complaint : nil
      }
      fresh[name] = row
    }
    rows = fresh
    readAt = now
  }

  private static func load(_ before: ServiceRow, _ row: ServiceRow, _ elapsed: Double?) -> Double? {
    guard row.pid != nil, let old = before.cpuSeconds, let new = row.cpuSeconds else { return nil }
    // Too short a time says nothing; a smaller sum is another process.
    guard let elapsed, elapsed > 0.2, before.pid == row.pid, new >= old else { return before.pid == row.pid ? before.load : nil }
    return (new - old) / elapsed * 100
  }

  /// Something happened. What an event does not say comes with the next reading.
  mutating func apply(_ event: ServiceEvent) {
    if event.kind == "ready" { isReady = event.isReady ?? isReady }
    guard let name = event.service, var row = rows[name] else { return }
    switch event.kind {
    case "status":
      guard let status = event.to.flatMap(Status.init(rawValue:)) else { return }
      row.status = status
      row.since = event.at ?? row.since
      row.nextAttempt = event.nextAttempt
      row.pid = event.pid ?? (status == .running ? row.pid : nil)
      if row.pid == nil { (row.load, row.memory, row.cpuSeconds) = (nil, nil, nil) }
      if status == .backoff || status == .failed { row.lastError = event.cause ?? row.lastError }
    case "health":
      row.health = event.to.flatMap(Health.init(rawValue:)) ?? row.health
      let head = "\(name): \(row.health.rawValue): "
      row.complaint = event.message.hasPrefix(head) ? String(event.message.dropFirst(head.count)) : nil
    default: return
    }
    rows[name] = row
  }

  /// Says of each that waits, for whom, and what is at the root of it.
  mutating func explain(_ kinship: Kinship) {
    for (name, row) in rows {
      let clause = row.status == .waiting ? kinship.cause(of: name, rows) : nil
      if clause != row.waitsFor { rows[name]?.waitsFor = clause }
    }
  }

  /// The node's verdict (rule 4): what is disabled or was stopped does not count.
  var verdict: Health {
    let counted = rows.values.lazy.filter { $0.isEnabled && $0.status != .stopped }.map(\.health)
    if counted.contains(.unhealthy) { return .unhealthy }
    if counted.contains(.degraded) { return .degraded }
    return !counted.isEmpty && counted.allSatisfy { $0 == .healthy } ? .healthy : .unknown
  }

  /// How many are in each state, in the order of the states.
  var sums: [(status: Status, count: Int)] {
    var counts: [Status: Int] = [:]
    for row in rows.values { counts[row.status, default: 0] += 1 }
    return Status.allCases.compactMap { status in counts[status].map { (status, $0) } }
  }
}
