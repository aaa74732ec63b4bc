// Whose database a file is, read without SQLite: so nothing of somebody else's is touched.

import Glibc

/// What the first bytes of a file tell.
enum FileHeader: Equatable {
  /// There is no such file.
  case missing
  /// There is nothing in it.
  case empty
  /// It is not a file with bytes in it, but a folder, a pipe or the like.
  case notAFile
  /// It is no database of SQLite's, or no longer.
  case unknown
  /// It is one: the number of the program that made it, and of its format.
  case database(applicationID: Int64, version: Int64)

  private static let magic = Array("SQLite format 3\0".utf8)

  /// Reads it; the errno if that cannot be.
  static func read(_ path: String) -> Result<FileHeader, SystemErrno> {
    var status = stat()
    guard stat(path, &status) == 0 else { return errno == ENOENT ? .success(.missing) : .failure(SystemErrno(errno)) }
    guard status.st_mode & S_IFMT == S_IFREG else { return .success(.notAFile) }
    guard status.st_size > 0 else { return .success(.empty) }
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return .failure(SystemErrno(errno)) }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 100)
    let count = pread(file, &bytes, bytes.count, 0)
    guard count >= 0 else { return .failure(SystemErrno(errno)) }
    guard count == bytes.count, bytes.starts(with: magic) else { return .success(.unknown) }
    return .success(.database(applicationID: Int64(number(bytes[68..<72])), version: Int64(number(bytes[60..<64]))))
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }
}

/// What the system answered to a call that failed.
struct SystemErrno: Error, Equatable {
  var number: Int32

  init(_ number: Int32) { self.number = number }
}
