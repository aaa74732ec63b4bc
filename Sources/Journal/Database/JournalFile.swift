// The open database.

import CSQLite
import Glibc

/// The open database of one life of Stoker. It belongs to the journal's thread.
final class JournalFile {
  /// The facts about the earlier life, which are returned once.
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
  /// The rows of known services; emptied when they may be wrong.
  private var rows: [String: Row] = [:]
  /// The newest bucket for which each window was pruned.
  var prunedFor: [String: Int64] = [:]

  /// Takes over a connection to tables of the current format.
  init(path: String, connection: Connection, token: Int64, settings: Settings) throws(DatabaseError) {
    self.path = path
    self.connection = connection
    self.token = token
    self.settings = settings
    statements = try Statements(connection)
    var status = stat()
    inode = stat(path, &status) == 0 ? status.st_ino : 0
  }

  /// Whether the file is still at the path where it was opened.
  var isInPlace: Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_ino == inode
  }

  /// The size of the database and its log, in bytes; nil if the database is not there.
  var bytes: Int64? {
    var status = stat()
    return stat(path, &status) == 0 ? Int64(status.st_size) + Self.size(path + "-wal") : nil
  }

  /// Begins this life on the disk, before any other write. Counters of an earlier life that ended in order stay exact until
  /// a record outdates them: a life that is killed before it has taken them over leaves them to the next. Those of any
  /// other life are deleted, as they never become exact again.
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
        try connection.prepare("UPDATE life SET token = ?, batch = 0").run(.integer(token))
      }
      predecessor = earlier
    }
  }

  /// The facts about the earlier life; empty if they were returned before, or this life could not begin.
  func takePredecessor() -> Predecessor {
    defer { predecessor?.counters = [:] }
    return predecessor ?? Predecessor()
  }

  /// Writes a batch, unless it is in the database already.
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

  /// Marks that this life ended with all records written.
  func markEnd() throws(JournalError) {
    guard isInPlace else { throw .gone(path: path) }
    try begin()
    try named { () throws(DatabaseError) in try connection.run("UPDATE life SET ended_cleanly = 1") }
  }

  /// Calls `body`, and adds the path of the file to its error.
  func named<Result>(_ body: () throws(DatabaseError) -> Result) throws(JournalError) -> Result {
    do {
      return try body()
    } catch {
      throw .database(path: path, error)
    }
  }

  /// The row of a service, which is made if there is none.
  func row(of service: String) throws(DatabaseError) -> Row {
    if let row = rows[service] { return row }
    let found = try statements.findService.rows(.text(service)) { Row(id: $0.integer(0), lastSeq: $0.sequence(1)) }
    if let row = found.first {
      keep(row, of: service)
      return row
    }
    try statements.addService.run(.text(service), .integer(WallClock.milliseconds))
    let made = try statements.findService.rows(.text(service)) { Row(id: $0.integer(0), lastSeq: $0.sequence(1)) }
    guard let row = made.first else { throw DatabaseError(code: SQLITE_CORRUPT, description: "a row that was written is not there") }
    keep(row, of: service)
    return row
  }

  func keep(_ row: Row, of service: String) {
    if rows.count >= 20_000 { rows = [:] }
    rows[service] = row
  }

  /// The counters of each service. Each name is kept in memory once, as all services have the same.
  private func counters() throws(DatabaseError) -> [Int64: [String: UInt64]] {
    var counters: [Int64: [String: UInt64]] = [:]
    var names: Set<String> = []
    try connection.prepare("SELECT service, name, value FROM counters").each { row in
      let name = names.insert(row.text(1) ?? "").memberAfterInsert
      counters[row.integer(0), default: [:]][name] = row.bits(2)
    }
    return counters
  }

  /// Deletes the history of services that were removed long ago, so that a stream of new names does not fill the disk.
  private func pruneServices() throws(DatabaseError) {
    guard try connection.integer("SELECT count(*) FROM services") > settings.retention.services else { return }
    let kept = "(SELECT id FROM services ORDER BY seen_at DESC LIMIT \(settings.retention.services))"
    for table in ["intents", "counters", "uptime", "runs", "outputs"] {
      try connection.run("DELETE FROM \(table) WHERE service NOT IN \(kept)")
    }
    try connection.run("DELETE FROM services WHERE id NOT IN \(kept)")
  }
}
