// What SQLite answered.

import CSQLite
import Glibc

/// What SQLite answered to a call that failed.
struct DatabaseError: Error, Sendable, Equatable, CustomStringConvertible {
  /// SQLite's result code, extended.
  var code: Int32
  /// SQLite's words, with those of the system where that was the cause.
  var description: String

  /// The kind of the failure, without its details.
  var kind: Int32 { code & 0xff }

  /// What is in the file is not what was written there.
  var isDamage: Bool { kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB }

  /// Nothing is wrong with the connection: the same again may succeed.
  var leavesConnectionUsable: Bool { kind == SQLITE_FULL || kind == SQLITE_BUSY || kind == SQLITE_NOMEM }

  init(code: Int32, description: String) {
    self.code = code
    self.description = description
  }

  /// The failure of the call that was just made on `database`.
  init(_ code: Int32, of database: OpaquePointer?) {
    self.code = code
    var words = database.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) } ?? String(cString: sqlite3_errstr(code))
    let kind = code & 0xff
    if kind == SQLITE_IOERR || kind == SQLITE_CANTOPEN, let database, case let error = sqlite3_system_errno(database), error != 0 {
      words += ": " + Self.words(of: error)
    }
    description = words
  }

  /// The system's words for an errno.
  static func words(of error: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer -> String in
      guard let start = buffer.baseAddress, strerror_r(error, start, buffer.count) == 0 else { return "error \(error)" }
      return String(cString: start)
    }
  }
}
