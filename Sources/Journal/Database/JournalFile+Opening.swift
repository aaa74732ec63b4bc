// Opening the database: only if it is ours and whole.

import CSQLite
import Glibc

extension JournalFile {
  /// Opens the database, makes it where there is none, and brings an older one to the present format.
  /// What is not ours is not touched. Damage is thrown, and for the caller to set aside.
  static func open(_ path: String, token: Int64, settings: Settings, schema: Schema) throws(JournalError) -> JournalFile {
    switch FileHeader.read(path) {
    case .failure(let error): throw .system(path: path, errno: error.number)
    case .success(.missing), .success(.empty):
      // SQLite would take the log for worthless and remove it.
      guard size(path + "-wal") == 0 else { throw damage(path, "its log is there, but it is gone") }
      try makeEmpty(path)
    case .success(.notAFile): throw .notAFile(path: path)
    case .success(.unknown): throw damage(path, "file is not a database")
    case .success(.database(let application, let version)):
      guard application == Schema.applicationID else { throw .foreign(path: path) }
      guard version <= schema.version else { throw .newer(path: path, version: version, known: schema.version) }
    }
    do {
      let connection = try Connection(path: path)
      guard !connection.isReadOnly else { throw JournalError.readOnly(path: path) }
      // The header was the file's; a newer Stoker's may still stand in the log alone.
      let version = try connection.integer("PRAGMA user_version")
      guard version <= schema.version else {
        connection.leaveLog()
        throw JournalError.newer(path: path, version: version, known: schema.version)
      }
      do {
        try prepare(connection, from: version, to: schema, isChecked: size(path) + size(path + "-wal") <= settings.checkedBytes)
        return try JournalFile(path: path, connection: connection, token: token, settings: settings)
      } catch {
        connection.leaveLog()
        throw error
      }
    } catch let error as DatabaseError {
      // A statement that is right, but does not fit the tables.
      throw error.kind == SQLITE_ERROR ? damage(path, error.description) : .database(path: path, error)
    } catch let error as JournalError {
      throw error
    } catch {
      preconditionFailure("an error of no known kind: \(error)")
    }
  }

  /// What an earlier Stoker left in a database that cannot be opened for writing, because there is no room for as much as the index of
  /// its log, or the disk is read-only: people's wishes count all the same. Counters are not among it: nobody can mark that they go on.
  static func peek(_ path: String, settings: Settings, schema: Schema) -> Journal.Loaded? {
    let known = FileHeader.database(applicationID: Schema.applicationID, version: schema.version)
    guard case .success(known) = FileHeader.read(path) else { return nil }
    let access = size(path + "-wal") == 0 ? Connection.Access.readingWithoutLog : .reading
    do throws(DatabaseError) {
      let connection = try Connection(path: path, for: access)
      guard try connection.integer("PRAGMA user_version") == schema.version else { return nil }
      return try JournalFile(path: path, connection: connection, token: 0, settings: settings).load()
    } catch {
      return nil
    }
  }

  /// Moves a damaged database away, with all that belongs to it. Returns where to.
  static func setAside(_ path: String) throws(JournalError) -> String {
    let base = "\(path).damaged-\(WallClock.milliseconds / 1000)"
    var target = base
    var number = 2
    while access(target, F_OK) == 0 || access(target + "-wal", F_OK) == 0 {
      target = "\(base)-\(number)"
      number += 1
    }
    for suffix in ["-wal", "-shm", "-journal", ""] {
      guard rename(path + suffix, target + suffix) == 0 || errno == ENOENT else { throw .system(path: path + suffix, errno: errno) }
    }
    return target
  }

  /// The file is there before SQLite sees it: its mode is then ours, and that of its log the same.
  private static func makeEmpty(_ path: String) throws(JournalError) {
    let file = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .system(path: path, errno: errno) }
    close(file)
  }

  private static func prepare(_ connection: Connection, from version: Int64, to schema: Schema, isChecked: Bool) throws(DatabaseError) {
    // 64 pages of cache, which is what a batch touches; what it touches more goes to the log early.
    try connection.run(
      """
      PRAGMA synchronous = FULL;
      PRAGMA cache_size = 64;
      PRAGMA temp_store = MEMORY;
      PRAGMA trusted_schema = OFF;
      PRAGMA cell_size_check = ON;
      """)
    if isChecked, case let answer = try connection.text("PRAGMA quick_check(1)"), answer != "ok" {
      throw DatabaseError(code: SQLITE_CORRUPT, description: answer ?? "the check gave no answer")
    }
    if version < schema.version {
      // A new file's tables and number are made before it has a log: whoever reads its header sees whose it is from the first moment on.
      try connection.transaction { () throws(DatabaseError) in
        for step in schema.steps[Int(version)...] { try connection.run(step) }
        try connection.run("PRAGMA application_id = \(Schema.applicationID); PRAGMA user_version = \(schema.version)")
      }
    }
    // Where the file system cannot do it SQLite stays with the mode it had, which is as durable.
    try connection.run("PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 4194304")
    connection.releaseMemory()
  }

  private static func damage(_ path: String, _ words: String) -> JournalError {
    .database(path: path, DatabaseError(code: SQLITE_CORRUPT, description: words))
  }

  static func size(_ path: String) -> Int64 {
    var status = stat()
    return stat(path, &status) == 0 ? Int64(status.st_size) : 0
  }
}
