// A prepared statement.

import CSQLite

/// A parameter of a statement.
enum Cell {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)

  /// An unsigned number, as the same bits.
  static func bits(_ value: UInt64) -> Cell { .integer(Int64(bitPattern: value)) }
}

/// A prepared statement of a connection.
final class Statement {
  private let handle: OpaquePointer

  init(_ handle: OpaquePointer) { self.handle = handle }

  deinit { sqlite3_finalize(handle) }

  /// Runs it to its end.
  func run(_ cells: Cell...) throws(DatabaseError) { try each(of: cells) { _ in } }

  /// The values that `read` makes of the rows of the result.
  func rows<Row>(_ cells: Cell..., read: (Columns) -> Row) throws(DatabaseError) -> [Row] {
    var rows: [Row] = []
    try each(of: cells) { rows.append(read($0)) }
    return rows
  }

  /// Calls `take` with each row of a result that may be long.
  func each(of cells: [Cell] = [], _ take: (Columns) -> Void) throws(DatabaseError) {
    defer { sqlite3_reset(handle) }
    try bind(cells)
    while try step() { take(Columns(handle)) }
  }

  private func bind(_ cells: [Cell]) throws(DatabaseError) {
    for (index, cell) in cells.enumerated() {
      let position = Int32(index + 1)
      let code =
        switch cell {
        case .null: sqlite3_bind_null(handle, position)
        case .integer(let value): sqlite3_bind_int64(handle, position, value)
        case .real(let value): sqlite3_bind_double(handle, position, value)
        case .text(var text): text.withUTF8 { Self.bind($0, handle, position) }
        }
      guard code == SQLITE_OK else { throw DatabaseError(code, of: sqlite3_db_handle(handle)) }
    }
  }

  private static func bind(_ text: UnsafeBufferPointer<UInt8>, _ handle: OpaquePointer, _ position: Int32) -> Int32 {
    // An empty text may have no address, which SQLite would read as NULL.
    guard !text.isEmpty else { return csqlite_bind_text(handle, position, "", 0) }
    return text.withMemoryRebound(to: CChar.self) { csqlite_bind_text(handle, position, $0.baseAddress, Int32($0.count)) }
  }

  /// Whether there is another row.
  private func step() throws(DatabaseError) -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code: throw DatabaseError(code, of: sqlite3_db_handle(handle))
    }
  }
}

/// The row that a statement stands on.
struct Columns {
  private let handle: OpaquePointer

  init(_ handle: OpaquePointer) { self.handle = handle }

  func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

  func bits(_ column: Int32) -> UInt64 { UInt64(bitPattern: integer(column)) }

  func real(_ column: Int32) -> Double { sqlite3_column_double(handle, column) }

  /// The text of a column; nil for NULL.
  func text(_ column: Int32) -> String? {
    guard let start = sqlite3_column_text(handle, column) else { return nil }
    return String(decoding: UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))), as: UTF8.self)
  }
}
