// The tables, and the steps from older formats.

/// The tables of the database, and the steps from older formats.
///
/// Services have small numbers here, so that rows are small. Rows that change together are neighbours: the current
/// buckets of all services (a second with a thousand checks touches some twenty pages), and the runs of a service.
struct Schema: Sendable {
  /// "STOK", the application's mark in the file's header.
  static let applicationID: Int64 = 0x5354_4F4B

  /// The statements that lead from version n to n+1; the first ones start from an empty file.
  var steps: [String]

  /// The format that this Stoker writes.
  static let current = Schema(steps: [first])

  var version: Int64 { Int64(steps.count) }

  private static let first = """
    CREATE TABLE life (
      id INTEGER PRIMARY KEY CHECK (id = 1), token INTEGER NOT NULL, batch INTEGER NOT NULL, ended_cleanly INTEGER NOT NULL
    );
    INSERT INTO life VALUES (1, 0, 0, 0);
    CREATE TABLE services (
      id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, seen_at INTEGER NOT NULL, last_seq INTEGER NOT NULL DEFAULT 0,
      last_run INTEGER NOT NULL DEFAULT 0, restarted_at INTEGER, restart_reason TEXT
    );
    CREATE TABLE intents (service INTEGER PRIMARY KEY, is_up INTEGER NOT NULL, by TEXT NOT NULL, at INTEGER NOT NULL);
    CREATE TABLE counters (
      service INTEGER NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (service, name)
    ) WITHOUT ROWID;
    CREATE TABLE uptime (
      window TEXT NOT NULL, number INTEGER NOT NULL, service INTEGER NOT NULL, up INTEGER NOT NULL, total INTEGER NOT NULL,
      PRIMARY KEY (window, number, service)
    ) WITHOUT ROWID;
    CREATE TABLE runs (
      service INTEGER NOT NULL, seq INTEGER NOT NULL, run INTEGER NOT NULL, started_at INTEGER NOT NULL, start_cause TEXT, reason TEXT,
      pid INTEGER, ended_at INTEGER, end_cause TEXT, exit TEXT, exit_value INTEGER, core_dumped INTEGER, seconds REAL, failed_stage TEXT,
      PRIMARY KEY (service, seq)
    ) WITHOUT ROWID;
    CREATE TABLE outputs (
      service INTEGER NOT NULL, seq INTEGER NOT NULL, lines TEXT NOT NULL, PRIMARY KEY (service, seq)
    ) WITHOUT ROWID;
    """
}
