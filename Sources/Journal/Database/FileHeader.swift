// The header of a database file, read without SQLite, so that a file of another program is not touched.

import Glibc
import Linux

/// The kind of a file by its first bytes.
enum FileHeader: Equatable {
  /// There is no such file.
  case missing
  /// The file is empty.
  case empty
  /// It is not a regular file, but a folder, a pipe or the like.
  case notAFile
  /// It is no SQLite database, or a damaged one.
  case unknown
  /// It is an SQLite database: the number of the program that made it, and of its format.
  case database(applicationID: Int64, version: Int64)

  private static let magic = Array("SQLite format 3\0".utf8)

  /// Reads the header of the file at `path`.
  static func read(_ path: String) -> Result<FileHeader, SystemError> {
    var status = stat()
    guard lstat(path, &status) == 0 else { return errno == ENOENT ? .success(.missing) : .failure(SystemError.last) }
    guard status.st_mode & S_IFMT == S_IFREG else { return .success(.notAFile) }
    guard status.st_size > 0 else { return .success(.empty) }
    let file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard file >= 0 else { return .failure(SystemError.last) }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 100)
    let count = pread(file, &bytes, bytes.count, 0)
    guard count >= 0 else { return .failure(SystemError.last) }
    guard count == bytes.count, bytes.starts(with: magic) else { return .success(.unknown) }
    return .success(.database(applicationID: Int64(number(bytes[68..<72])), version: Int64(number(bytes[60..<64]))))
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }
}
