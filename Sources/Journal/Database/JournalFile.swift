// The open database.

import CSQLite
import Glibc

/// The open database of one life of Stoker. It belongs to the journal's thread.
final class JournalFile {
  /// What an earlier life left that this one ends: told once.
  struct Predecessor {
    var endedCleanly = false
    var counters: [Int64: [String: UInt64]] = [:]
  }

  /// The row of the life that wrote last.
  private struct Life {
    var token: Int64
    var batch: Int64
    var endedCleanly: Bool

    init(_ row: Columns) {
      token = row.integer(0)
      batch = row.integer(1)
      endedCleanly = row.integer(2) != 0
    }
  }

  /// A service's row.
  struct Row {
    var id: Int64
    var lastSeq: Int64
  }

  let path: String
  let connection: Connection
  let statements: Statements
  let settings: Settings
  private let token: Int64
  private let inode: ino_t
  /// The earlier life, once this one has begun on the disk.
  private var predecessor: Predecessor?
  /// The last batch of this life that is in the database.
  private var lastBatch: Int64 = 0
  /// Rows of services that were met; emptied when they may not be true any more.
  private var rows: [String: Row] = [:]
  /// The newest bucket that each window was pruned for.
  var prunedFor: [String: Int64] = [:]

  /// Takes over a connection to tables of the present format.
  init(path: String, connection: Connection, token: Int64, settings: Settings) throws(DatabaseError) {
    self.path = path
    self.connection = connection
    self.token = token
    self.settings = settings
    statements = try Statements(connection)
    var status = stat()
    inode = stat(path, &status) == 0 ? status.st_ino : 0
  }

  /// Whether the file still lies where it was opened.
  var isInPlace: Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_ino == inode
  }

  /// Bytes of the database and its log.
  var bytes: Int64 { Self.size(path) + Self.size(path + "-wal") }

  /// Begins this life on the disk, before anything else of it is written: from here on the counters in the database are not exact,
  /// and those of a life that did not end in order never will be again.
  func begin() throws(JournalError) {
    guard predecessor == nil else { return }
    try named { () throws(DatabaseError) in
      var earlier = Predecessor()
      try connection.transaction { () throws(DatabaseError) in
        guard let life = try connection.prepare("SELECT token, batch, ended_cleanly FROM life").rows(read: Life.init).first else { return }
        guard life.token != token else {
          lastBatch = life.batch
          return
        }
        earlier.endedCleanly = life.endedCleanly
        if life.endedCleanly {
          earlier.counters = try counters()
        } else {
          try connection.run("DELETE FROM counters")
        }
        try pruneServices()
        try connection.prepare("UPDATE life SET token = ?, batch = 0, ended_cleanly = 0").run(.integer(token))
      }
      predecessor = earlier
    }
  }

  /// What the life before this one left; nothing if it was told already, or this one could not begin.
  func takePredecessor() -> Predecessor {
    defer { predecessor?.counters = [:] }
    return predecessor ?? Predecessor()
  }

  /// Writes a batch; one that is in the database already is not written twice.
  func write(_ batch: Batch) throws(JournalError) {
    guard isInPlace else { throw .gone(path: path) }
    try begin()
    guard batch.number > lastBatch else { return }
    settings.beforeCommit?()
    do {
      try named { () throws(DatabaseError) in
        try connection.transaction { () throws(DatabaseError) in
          try write(batch.backlog)
          try statements.setBatch.run(.integer(batch.number))
        }
      }
      lastBatch = batch.number
      settings.afterCommit?()
    } catch {
      rows = [:]
      prunedFor = [:]
      throw error
    }
  }

  /// Marks that this life ended with everything written.
  func markEnd() throws(JournalError) {
    guard isInPlace else { throw .gone(path: path) }
    try begin()
    try named { () throws(DatabaseError) in try connection.run("UPDATE life SET ended_cleanly = 1") }
  }

  /// Says with an error which file it is about.
  func named<Result>(_ body: () throws(DatabaseError) -> Result) throws(JournalError) -> Result {
    do {
      return try body()
    } catch {
      throw .database(path: path, error)
    }
  }

  /// A service's row, made where there is none.
  func row(of service: String) throws(DatabaseError) -> Row {
    if let row = rows[service] { return row }
    let found = try statements.findService.rows(.text(service)) { Row(id: $0.integer(0), lastSeq: $0.integer(1)) }
    if let row = found.first {
      keep(row, of: service)
      return row
    }
    try statements.addService.run(.text(service), .integer(WallClock.milliseconds))
    let made = try statements.findService.rows(.text(service)) { Row(id: $0.integer(0), lastSeq: $0.integer(1)) }
    guard let row = made.first else { throw DatabaseError(code: SQLITE_CORRUPT, description: "a row that was written is not there") }
    keep(row, of: service)
    return row
  }

  func keep(_ row: Row, of service: String) {
    if rows.count >= 20_000 { rows = [:] }
    rows[service] = row
  }

  /// The counters of each service. Names are the same for all of them, and kept once.
  private func counters() throws(DatabaseError) -> [Int64: [String: UInt64]] {
    var counters: [Int64: [String: UInt64]] = [:]
    var names: Set<String> = []
    try connection.prepare("SELECT service, name, value FROM counters").each { row in
      let name = names.insert(row.text(1) ?? "").memberAfterInsert
      counters[row.integer(0), default: [:]][name] = row.bits(2)
    }
    return counters
  }

  /// Of services that are gone for long the history goes too, so that ever new names do not fill the disk.
  private func pruneServices() throws(DatabaseError) {
    guard try connection.integer("SELECT count(*) FROM services") > settings.retention.services else { return }
    let kept = "(SELECT id FROM services ORDER BY seen_at DESC LIMIT \(settings.retention.services))"
    for table in ["intents", "counters", "uptime", "runs", "outputs"] {
      try connection.run("DELETE FROM \(table) WHERE service NOT IN \(kept)")
    }
    try connection.run("DELETE FROM services WHERE id NOT IN \(kept)")
  }
}
