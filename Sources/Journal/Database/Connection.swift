// A connection to SQLite. It belongs to one thread.

import CSQLite

/// An open database.
final class Connection {
  private let handle: OpaquePointer

  /// The access to a file.
  enum Access {
    case writing
    /// Reads without writing anything, not even a file next to it.
    case reading
    /// Reads in the same way, and without looking for a log, which needs a file of its own next to it.
    case readingWithoutLog
  }

  /// Opens a file that exists.
  init(path: String, for access: Access = .writing) throws(DatabaseError) {
    let flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | (access == .writing ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY)
    var opened: OpaquePointer?
    let code =
      access == .readingWithoutLog
      ? sqlite3_open_v2(Self.address(path) + "?immutable=1", &opened, flags | SQLITE_OPEN_URI, nil)
      : sqlite3_open_v2(path, &opened, flags, nil)
    guard code == SQLITE_OK, let opened else {
      let error = DatabaseError(code, of: opened)
      sqlite3_close_v2(opened)
      throw error
    }
    handle = opened
    sqlite3_extended_result_codes(handle, 1)
    // Another program that reads the database may hold a lock for a moment.
    sqlite3_busy_timeout(handle, 200)
    _ = csqlite_without_lookaside(handle)
  }

  /// The path as a URI, with special characters escaped.
  private static func address(_ path: String) -> String {
    path.reduce(into: "file:") { address, character in
      switch character {
      case "%": address += "%25"
      case "?": address += "%3f"
      case "#": address += "%23"
      default: address.append(character)
      }
    }
  }

  /// Closes the connection after all statements are finalized. The last connection to a database writes the log back
  /// into the file and removes it.
  deinit { sqlite3_close_v2(handle) }

  /// Makes closing leave the file and its log as they are.
  func leaveLog() { _ = csqlite_leave_log_on_close(handle, 1) }

  /// Frees memory that is not needed at this moment.
  func releaseMemory() { sqlite3_db_release_memory(handle) }

  /// Whether the file was opened for reading only.
  var isReadOnly: Bool { sqlite3_db_readonly(handle, "main") != 0 }

  /// Runs statements without a result.
  func run(_ sql: String) throws(DatabaseError) {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw DatabaseError(code, of: handle) }
  }

  /// The first cell of the result.
  func text(_ sql: String) throws(DatabaseError) -> String? {
    try prepare(sql).rows { $0.text(0) }.first ?? nil
  }

  /// The first cell of the result; 0 if there is none.
  func integer(_ sql: String) throws(DatabaseError) -> Int64 {
    try prepare(sql).rows { $0.integer(0) }.first ?? 0
  }

  /// Runs `body` as one transaction: either all of it is stored durably, or none.
  func transaction(_ body: () throws(DatabaseError) -> Void) throws(DatabaseError) {
    try run("BEGIN IMMEDIATE")
    do {
      try body()
      try run("COMMIT")
    } catch {
      // SQLite may have rolled back by itself; then this fails, and nothing is left to do.
      try? run("ROLLBACK")
      throw error
    }
  }

  func prepare(_ sql: String) throws(DatabaseError) -> Statement {
    var statement: OpaquePointer?
    let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
    guard code == SQLITE_OK, let statement else { throw DatabaseError(code, of: handle) }
    return Statement(statement)
  }
}
