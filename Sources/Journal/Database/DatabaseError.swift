// Errors of SQLite.

import CSQLite
import Linux

/// The error of a failed SQLite call.
struct DatabaseError: Error, Sendable, Equatable, CustomStringConvertible {
  /// SQLite's extended result code.
  var code: Int32
  /// SQLite's message, with the system's message if that was the cause.
  var description: String

  /// The kind of the error, without its details.
  var kind: Int32 { code & 0xff }

  /// Whether the file is damaged.
  var isDamage: Bool { kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB }

  /// Whether the connection is still usable, so that another try may succeed.
  var leavesConnectionUsable: Bool { kind == SQLITE_FULL || kind == SQLITE_BUSY || kind == SQLITE_NOMEM }

  init(code: Int32, description: String) {
    self.code = code
    self.description = description
  }

  /// The error of the last call on `database`.
  init(_ code: Int32, of database: OpaquePointer?) {
    self.code = code
    var words = database.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) } ?? String(cString: sqlite3_errstr(code))
    let kind = code & 0xff
    if kind == SQLITE_IOERR || kind == SQLITE_CANTOPEN, let database, case let error = sqlite3_system_errno(database), error != 0 {
      words += ": \(SystemError(errno: error))"
    }
    description = words
  }
}
