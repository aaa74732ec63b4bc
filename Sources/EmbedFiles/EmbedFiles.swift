// Writes files of text into a Swift source file: `embed-files OUTPUT FILE…`.

import Glibc

/// The build's own tool; it is no part of any product.
@main
struct EmbedFiles {
  /// Why a file cannot be embedded.
  private struct Failure: Error {
    var message: String
  }

  static func main() {
    do {
      guard let output = CommandLine.arguments.dropFirst().first else { throw Failure(message: "usage: embed-files OUTPUT FILE…") }
      let constants = try CommandLine.arguments.dropFirst(2).map(constant)
      let text = """
        // Written by embed-files from the folder Files.

        enum PackageResources {
          private static func bytes(_ text: StaticString) -> [UInt8] {
            Array(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
          }

        \(constants.joined(separator: "\n\n"))
        }

        """
      try write(text, to: output)
    } catch {
      let message = "embed-files: \((error as? Failure)?.message ?? "\(error)")\n"
      Glibc.write(STDERR_FILENO, message, message.utf8.count)
      exit(1)
    }
  }

  /// A constant with the content of a file: a multi-line text with as many `#` as keep all of it as it is.
  private static func constant(_ path: String) throws -> String {
    guard let bytes = read(path), let text = String(validating: bytes, as: UTF8.self) else {
      throw Failure(message: "\(path) cannot be read, or is no text in UTF-8")
    }
    // A literal has neither: they would be other bytes in it.
    guard !bytes.contains(0), !bytes.contains(UInt8(ascii: "\r")) else {
      throw Failure(message: "\(path) contains a NUL or a carriage return")
    }
    let name = String((path.split(separator: "/").last ?? "").map { $0.isLetter || $0.isNumber ? $0 : "_" })
    let run = text.split(whereSeparator: { $0 != "#" }).map(\.count).max() ?? 0
    let marks = String(repeating: "#", count: run + 1)
    return "  static let \(name) = bytes(\n\(marks)\"\"\"\n\(text)\n\"\"\"\(marks))"
  }

  private static func read(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&block, 1, block.count, file), count > 0 { bytes += block[..<count] }
    return ferror(file) == 0 ? bytes : nil
  }

  private static func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "w") else { throw Failure(message: "\(path) cannot be written") }
    let isWritten = fputs(text, file) >= 0
    guard fclose(file) == 0, isWritten else { throw Failure(message: "\(path) cannot be written") }
  }
}
