// The writing of rows.

import Orchestration

extension JournalFile {
  /// Writes the records of a backlog, within a transaction.
  func write(_ backlog: Backlog) throws(DatabaseError) {
    if backlog.outdatesCounters { try connection.run("UPDATE life SET ended_cleanly = 0") }
    // Removals first: other records of a removed service came later.
    for service in backlog.forgotten {
      let id = try row(of: service).id
      try statements.dropIntent.run(.integer(id))
      try statements.dropCounters.run(.integer(id))
    }
    for (service, intent) in backlog.intents {
      let id = try row(of: service).id
      if let intent {
        try statements.setIntent.run(.integer(id), .integer(intent.isUp ? 1 : 0), .text(intent.by), .integer(intent.at))
      } else {
        try statements.dropIntent.run(.integer(id))
      }
    }
    for (service, values) in backlog.counters {
      let id = try row(of: service).id
      for (name, value) in values { try statements.setCounter.run(.integer(id), .text(name), .bits(value)) }
    }
    try write(backlog.uptime)
    for record in backlog.runs { try write(record) }
  }

  private func write(_ uptime: [Backlog.BucketKey: UptimeHistory.Bucket]) throws(DatabaseError) {
    var newest: [UptimeHistory.Window: Int64] = [:]
    for (key, bucket) in uptime {
      let id = try row(of: key.service).id
      try statements.setBucket.run(
        .text(key.window.rawValue), .integer(key.number), .integer(id), .integer(Int64(bucket.up)), .integer(Int64(bucket.total)))
      newest[key.window] = max(newest[key.window] ?? .min, key.number)
    }
    // Buckets that are older than their window are deleted for all services at once, when a new bucket begins.
    for (window, number) in newest where number > prunedFor[window.rawValue] ?? .min {
      try statements.dropBuckets.run(.text(window.rawValue), .integer(number - window.buckets))
      prunedFor[window.rawValue] = number
    }
  }

  private func write(_ record: RunRecord) throws(DatabaseError) {
    switch record {
    case .started(let start):
      let row = try addRun(RunEntry(start), of: start.service, seenAt: start.at)
      if let reason = start.reason {
        try statements.addRestart.run(.integer(start.at), .text(reason.rawValue), .integer(row.id))
      }
    case .failed(let failure):
      let row = try addRun(RunEntry(failure), of: failure.service, seenAt: failure.at)
      if let reason = failure.reason {
        try statements.addRestart.run(.integer(failure.at), .text(reason.rawValue), .integer(row.id))
      }
    case .ended(let end): try write(end)
    }
  }

  private func write(_ end: RunEnd) throws(DatabaseError) {
    var row = try row(of: end.service)
    if let seq = try statements.findOpenRun.rows(.integer(row.id), .bits(end.run), read: { $0.sequence(0) }).first {
      let exit = ExitColumns(end.exit)
      try statements.endRun.run(
        .integer(end.at), .text(end.cause), exit.kind, exit.value, exit.coreDumped, end.seconds.map { .real($0) } ?? .null,
        .integer(row.id), .integer(seq))
      row.lastSeq = seq
    } else {
      row = try addRun(RunEntry(end), of: end.service, seenAt: end.at)
    }
    if !end.lines.isEmpty {
      try statements.setOutput.run(.integer(row.id), .integer(row.lastSeq), .text(end.lines.joined(separator: "\n")))
    }
  }

  /// Adds a run after all others of its service, and deletes the oldest.
  private func addRun(_ entry: RunEntry, of service: String, seenAt: Int64) throws(DatabaseError) -> Row {
    var row = try row(of: service)
    row.lastSeq += 1
    var ended: (at: Cell, cause: Cell, exit: ExitColumns, seconds: Cell) = (.null, .null, ExitColumns(nil), .null)
    var stage = Cell.null
    switch entry.outcome {
    case .open: break
    case .ended(let end): ended = (.integer(end.at), .text(end.cause), ExitColumns(end.exit), end.seconds.map { .real($0) } ?? .null)
    case .startFailed(let failure):
      ended.at = .integer(failure.at)
      ended.cause = .text(failure.text)
      stage = .text(failure.stage)
    }
    try statements.addRun.run(
      .integer(row.id), .integer(row.lastSeq), .bits(entry.run), .integer(entry.startedAt), entry.startCause.map { .text($0) } ?? .null,
      entry.reason.map { .text($0.rawValue) } ?? .null, entry.pid.map { .integer(Int64($0)) } ?? .null, ended.at, ended.cause,
      ended.exit.kind, ended.exit.value, ended.exit.coreDumped, ended.seconds, stage)
    try statements.addSeq.run(.integer(row.lastSeq), .bits(entry.run), .integer(seenAt), .integer(row.id))
    try statements.dropRuns.run(.integer(row.id), .integer(row.lastSeq - settings.retention.runs))
    try statements.dropOutputs.run(.integer(row.id), .integer(row.lastSeq - settings.retention.outputs))
    keep(row, of: service)
    return row
  }
}
