// The node as the screen knows it: the last reading, with the events since then applied.

import Orchestration

struct NodeState: Sendable, Equatable {
  private(set) var name = ""
  private(set) var isReady = false
  /// The health of the node (rule 4), as Stoker reports it.
  private(set) var health = Health.unknown
  /// Stoker's own troubles.
  private(set) var troubles: [String] = []
  private(set) var rows: [String: ServiceRow] = [:]
  private var readAt: Double?

  /// Takes a new reading of everything, and computes the processor load since the one before.
  mutating func replace(with answer: ServicesAnswer, at now: Double) {
    let elapsed = readAt.map { now - $0 }
    name = answer.node ?? name
    isReady = answer.isReady
    health = answer.compositeHealth.flatMap(Health.init(rawValue:)) ?? .unknown
    troubles = (answer.troubles ?? []).map { TerminalText.line($0.sentence) }
    var fresh: [String: ServiceRow] = [:]
    fresh.reserveCapacity(answer.services.count)
    for (name, service) in answer.services {
      var row = ServiceRow(name: name, service)
      if let before = rows[name] { row.load = Self.load(before, row, elapsed) }
      fresh[name] = row
    }
    rows = fresh
    readAt = now
  }

  private static func load(_ before: ServiceRow, _ row: ServiceRow, _ elapsed: Double?) -> Double? {
    guard row.pid != nil, let old = before.cpuSeconds, let new = row.cpuSeconds else { return nil }
    // Over too short a time the load is noise; a smaller sum belongs to another process.
    guard let elapsed, elapsed > 0.2, before.pid == row.pid, new >= old else { return before.pid == row.pid ? before.load : nil }
    return (new - old) / elapsed * 100
  }

  /// Applies an event. Fields that an event does not carry come with the next reading.
  mutating func apply(_ event: ServiceEvent) {
    switch event.kind {
    case "ready": isReady = event.isReady ?? isReady
    case "composite": health = event.to.flatMap(Health.init(rawValue:)) ?? health
    default: break
    }
    guard let name = event.service, var row = rows[name] else { return }
    switch event.kind {
    case "status":
      guard let status = event.to.flatMap(Status.init(rawValue:)) else { return }
      row.status = status
      row.since = event.at ?? row.since
      row.nextAttempt = event.nextAttempt
      row.pid = event.pid ?? (status == .running ? row.pid : nil)
      if row.pid == nil { (row.load, row.memory, row.cpuSeconds) = (nil, nil, nil) }
    case "health":
      row.health = event.to.flatMap(Health.init(rawValue:)) ?? row.health
    case "last_error": break
    default: return
    }
    row.note = event.note ?? ""
    row.root = event.root
    rows[name] = row
  }

  /// The number of services of each health, in the words of every interface: without a check, `healthy` is no verdict.
  var healths: [(shown: ShownHealth, count: Int)] {
    ShownHealth.allCases.compactMap { shown in
      let count = rows.values.count { $0.shown.word == shown.word }
      return count > 0 ? (shown, count) : nil
    }
  }

  /// The number of services in each state, in the order of the states.
  var sums: [(status: Status, count: Int)] {
    var counts: [Status: Int] = [:]
    for row in rows.values { counts[row.status, default: 0] += 1 }
    return Status.allCases.compactMap { status in counts[status].map { (status, $0) } }
  }
}
