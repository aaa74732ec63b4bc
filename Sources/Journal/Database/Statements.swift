// The statements that run often.

/// The prepared statements of a connection.
struct Statements {
  let setBatch: Statement
  let findService: Statement
  let addService: Statement
  let setIntent: Statement
  let dropIntent: Statement
  let setCounter: Statement
  let dropCounters: Statement
  let setBucket: Statement
  let dropBuckets: Statement
  let addRun: Statement
  let addSeq: Statement
  let addRestart: Statement
  let dropRuns: Statement
  let dropOutputs: Statement
  let findOpenRun: Statement
  let endRun: Statement
  let setOutput: Statement
  let readRuns: Statement

  init(_ connection: Connection) throws(DatabaseError) {
    setBatch = try connection.prepare("UPDATE life SET batch = ?")
    findService = try connection.prepare("SELECT id, last_seq FROM services WHERE name = ?")
    addService = try connection.prepare("INSERT INTO services (name, seen_at) VALUES (?, ?)")
    setIntent = try connection.prepare("INSERT OR REPLACE INTO intents (service, is_up, by, at) VALUES (?, ?, ?, ?)")
    dropIntent = try connection.prepare("DELETE FROM intents WHERE service = ?")
    setCounter = try connection.prepare("INSERT OR REPLACE INTO counters (service, name, value) VALUES (?, ?, ?)")
    dropCounters = try connection.prepare("DELETE FROM counters WHERE service = ?")
    setBucket = try connection.prepare("INSERT OR REPLACE INTO uptime (window, number, service, up, total) VALUES (?, ?, ?, ?, ?)")
    dropBuckets = try connection.prepare("DELETE FROM uptime WHERE window = ? AND number <= ?")
    addRun = try connection.prepare(
      """
      INSERT INTO runs (service, seq, run, started_at, start_cause, reason, pid, ended_at, end_cause, exit, exit_value, core_dumped, seconds,
        failed_stage)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    addSeq = try connection.prepare("UPDATE services SET last_seq = ?, last_run = max(last_run, ?), seen_at = ? WHERE id = ?")
    addRestart = try connection.prepare("UPDATE services SET restarted_at = ?, restart_reason = ? WHERE id = ?")
    dropRuns = try connection.prepare("DELETE FROM runs WHERE service = ? AND seq <= ?")
    dropOutputs = try connection.prepare("DELETE FROM outputs WHERE service = ? AND seq <= ?")
    findOpenRun = try connection.prepare(
      "SELECT seq FROM runs WHERE service = ? AND run = ? AND ended_at IS NULL ORDER BY seq DESC LIMIT 1")
    endRun = try connection.prepare(
      """
      UPDATE runs SET ended_at = ?, end_cause = ?, exit = ?, exit_value = ?, core_dumped = ?, seconds = ? WHERE service = ? AND seq = ?
      """)
    setOutput = try connection.prepare("INSERT OR REPLACE INTO outputs (service, seq, lines) VALUES (?, ?, ?)")
    readRuns = try connection.prepare(
      """
      SELECT run, started_at, start_cause, reason, pid, ended_at, end_cause, exit, exit_value, core_dumped, seconds, failed_stage, lines
      FROM runs LEFT JOIN outputs USING (service, seq)
      WHERE service = (SELECT id FROM services WHERE name = ?) ORDER BY seq DESC LIMIT ?
      """)
  }
}
