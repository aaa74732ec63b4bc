// The opening of the database, only if it is ours and undamaged.

import CSQLite
import Glibc
import Linux

extension JournalFile {
  /// Opens the database, makes one if there is none, and updates an older one to the current format. A file of another
  /// program is not touched. Damage is thrown; the caller sets the file aside.
  static func open(_ path: String, token: Int64, settings: Settings, schema: Schema) throws(JournalError) -> JournalFile {
    let path = try find(path).path
    switch FileHeader.read(path) {
    case .failure(let error): throw .system(path: path, error)
    case .success(.missing), .success(.empty):
      // SQLite would regard the log as worthless and remove it.
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
      // The header was the file's; the version of a newer Stoker may be in the log alone.
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
      // A correct statement that does not fit the tables.
      throw error.kind == SQLITE_ERROR ? damage(path, error.description) : .database(path: path, error)
    } catch let error as JournalError {
      throw error
    } catch {
      preconditionFailure("an error of no known kind: \(error)")
    }
  }

  /// The state that an earlier Stoker left in a database that cannot be opened for writing, because there is no room
  /// even for the index of its log, or the disk is read-only: people's wishes still count. It has no counters, since
  /// this life cannot be marked as begun.
  static func peek(_ path: String, settings: Settings, schema: Schema) -> StoredState? {
    let known = FileHeader.database(applicationID: Schema.applicationID, version: schema.version)
    guard let path = try? find(path).path, case .success(known) = FileHeader.read(path) else { return nil }
    let access = size(path + "-wal") == 0 ? Connection.Access.readingWithoutLog : .reading
    do throws(DatabaseError) {
      let connection = try Connection(path: path, for: access)
      guard try connection.integer("PRAGMA user_version") == schema.version else { return nil }
      return try JournalFile(path: path, connection: connection, token: 0, settings: settings).load()
    } catch {
      return nil
    }
  }

  /// Moves a damaged database away, with all its files. Returns the new path.
  static func setAside(_ path: String) throws(JournalError) -> String {
    let (path, folder, name) = try find(path)
    let ending = ".damaged-\(WallClock.milliseconds / 1000)"
    var (target, number) = (name + ending, 2)
    while folder.facts(of: target) != nil || folder.facts(of: target + "-wal") != nil {
      target = "\(name)\(ending)-\(number)"
      number += 1
    }
    for suffix in suffixes {
      do {
        try folder.rename(name + suffix, to: target + suffix)
      } catch {
        guard error.errno == ENOENT else { throw .system(path: path + suffix, error) }
      }
    }
    return "\(path.dropLast(name.utf8.count))\(target)"
  }

  /// The files of a database by their endings; the database itself last.
  private static let suffixes = ["-wal", "-shm", "-journal", ""]

  /// Finds the database in its folder, and refuses files that others may have placed there. SQLite opens by path: it gets one without links,
  /// and follows none that are placed later.
  private static func find(_ path: String) throws(JournalError) -> (path: String, folder: OpenFolder, name: String) {
    let target: FilePlace.Target
    do {
      target = try FilePlace.find(path, FileRules(followsForeignLinks: geteuid() != 0))
    } catch {
      throw .system(path: error.path, SystemError(errno: error.errno))
    }
    guard case .file(let place) = target else { throw .notAFile(path: path) }
    guard let resolved = realpath(place.folder.path, nil) else { throw .system(path: place.folder.path, .last) }
    defer { free(resolved) }
    let real = "\(String(cString: resolved))/\(place.name)"
    for suffix in suffixes {
      guard let facts = place.folder.facts(of: place.name + suffix) else { continue }
      guard facts.kind == .regular else { throw .notAFile(path: real + suffix) }
      if let weakness = place.folder.weakness(of: facts), facts.links > 1 || !facts.isOwned(byRootOr: geteuid()) {
        throw .planted(path: real + suffix, weakness)
      }
    }
    return (real, place.folder, place.name)
  }

  /// Makes the file before SQLite sees it, so that the file and its log have our mode.
  private static func makeEmpty(_ path: String) throws(JournalError) {
    let file = Glibc.open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .system(path: path, .last) }
    close(file)
  }

  private static func prepare(_ connection: Connection, from version: Int64, to schema: Schema, isChecked: Bool) throws(DatabaseError) {
    // 64 pages of cache, as many as a batch touches; more pages go to the log early.
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
      // The tables and the number of a new file are made before it has a log, so that its header shows its owner from
      // the first moment on.
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
