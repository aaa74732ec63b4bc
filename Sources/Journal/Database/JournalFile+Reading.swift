// The reading of rows.

import Orchestration

extension JournalFile {
  /// The state that an earlier Stoker left.
  func load() throws(DatabaseError) -> StoredState {
    var loaded = StoredState()
    let earlier = takePredecessor()
    loaded.endedCleanly = earlier.endedCleanly
    var names: [Int64: String] = [:]
    try connection.prepare(
      """
      SELECT id, name, last_run, restarted_at, restart_reason, is_up, by, at, last.end_cause,
        restart.run, restart.started_at, restart.start_cause, restart.reason,
        coalesce((SELECT started_at FROM runs AS first WHERE first.service = services.id ORDER BY seq LIMIT 1), seen_at),
        last.ended_at, last.failed_stage
      FROM services LEFT JOIN intents ON intents.service = services.id
        LEFT JOIN runs AS last ON last.service = services.id AND last.seq = services.last_seq
        LEFT JOIN runs AS restart ON restarted_at IS NOT NULL AND restart.service = services.id AND restart.seq =
          (SELECT seq FROM runs WHERE runs.service = services.id AND runs.reason IS NOT NULL ORDER BY seq DESC LIMIT 1)
      """
    ).each { row in
      let (id, name) = (row.integer(0), row.text(1) ?? "")
      var service = StoredState.Service()
      service.lastRun = row.run(2)
      if let reason = row.text(4).flatMap({ RestartReason(rawValue: $0) }) { service.lastRestart = (row.integer(3), reason) }
      if !row.isNull(5) { service.intent = Intent(service: name, isUp: row.integer(5) != 0, by: row.text(6) ?? "", at: row.integer(7)) }
      service.lastEnd = row.text(8).map { StoredState.End(cause: $0, at: row.integer(14), stage: row.text(15)) }
      if let reason = row.text(12).flatMap({ RestartReason(rawValue: $0) }) {
        service.restart = StoredState.Restart(run: row.run(9), at: row.integer(10), cause: row.text(11) ?? "", reason: reason)
      }
      service.firstSeen = row.integer(13)
      service.counters = earlier.counters[id] ?? [:]
      names[id] = name
      loaded.services[name] = service
    }
    // Room for the largest number of buckets at once: arrays that grow would take half as much memory again.
    let most = UptimeHistory.Window.allCases.reduce(0) { $0 + Int($1.buckets) }
    try connection.prepare("SELECT service, window, number, up, total FROM uptime ORDER BY window, number").each { row in
      guard let name = names[row.integer(0)], let window = row.text(1).flatMap({ UptimeHistory.Window(rawValue: $0) }) else { return }
      let bucket = UptimeHistory.Bucket(
        window: window, number: row.integer(2), up: UInt32(clamping: row.integer(3)), total: UInt32(clamping: row.integer(4)))
      if loaded.services[name]?.uptime.isEmpty == true { loaded.services[name]?.uptime.reserveCapacity(most) }
      loaded.services[name]?.uptime.append(bucket)
    }
    return loaded
  }

  /// The runs of a service, newest first.
  func history(of service: String, limit: Int) throws(DatabaseError) -> [RunEntry] {
    try statements.readRuns.rows(.text(service), .integer(Int64(limit))) { row in
      RunEntry(
        run: row.run(0), startedAt: row.integer(1), startCause: row.text(2), reason: row.text(3).flatMap { RestartReason(rawValue: $0) },
        pid: row.isNull(4) ? nil : Int32(truncatingIfNeeded: row.integer(4)), outcome: outcome(row, of: service))
    }
  }

  private func outcome(_ row: Columns, of service: String) -> RunEntry.Outcome {
    guard !row.isNull(5) else { return .open }
    let run = row.run(0)
    let at = row.integer(5)
    let words = row.text(6) ?? ""
    if let stage = row.text(11) {
      return .startFailed(
        StartFailure(
          service: service, run: run, at: at, stage: stage, text: words, cause: row.text(2),
          reason: row.text(3).flatMap { RestartReason(rawValue: $0) }))
    }
    let lines = row.text(12)?.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) } ?? []
    return .ended(
      RunEnd(
        service: service, run: run, at: at, cause: words,
        exit: ExitColumns.exit(kind: row.text(7), value: row.integer(8), coreDumped: row.integer(9) != 0), seconds: row.seconds(10),
        lines: lines))
  }
}

extension Columns {
  /// The number of a run; 0 if there cannot be such a run.
  fileprivate func run(_ column: Int32) -> UInt64 { bits(column) <= RunNumber.highest ? bits(column) : 0 }

  /// The number of a record among those of its service, so that counting on from it cannot overflow.
  func sequence(_ column: Int32) -> Int64 { max(0, min(integer(column), 1 << 53)) }

  /// A duration that can be shown; nil if there is none.
  fileprivate func seconds(_ column: Int32) -> Double? { isNull(column) ? nil : max(0, min(real(column), 1e12)) }
}
