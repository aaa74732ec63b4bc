// The program that the kernel starts in place of a file: the interpreter of a script, the loader of a program.

import Glibc
import Linux

enum Interpreter {
  /// The longest first line that the kernel reads, and the part of a program that its table of segments is looked for in.
  private static let bound = 4096

  /// Its kind in a word, and its path as the file names it; nil if the file names none.
  static func find(of path: String) -> (kind: String, path: String)? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, let head = read(descriptor, at: 0, count: bound)
    else { return nil }
    if head.starts(with: "#!".utf8) { return ofScript(head).map { ("interpreter", $0) } }
    if head.starts(with: [0x7F, 0x45, 0x4C, 0x46]) { return ofProgram(head, descriptor).map { ("loader", $0) } }
    return nil
  }

  private static func ofScript(_ head: [UInt8]) -> String? {
    let blanks: [UInt8] = [0x20, 0x09]
    let line = head.dropFirst(2).prefix { $0 != 0x0A && $0 != 0 }
    let name = line.drop { blanks.contains($0) }.prefix { !blanks.contains($0) }
    return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
  }

  /// The name in the segment PT_INTERP of a program of this machine's byte order.
  private static func ofProgram(_ head: [UInt8], _ descriptor: Int32) -> String? {
    let isWide = head.count > 4 && head[4] == 2
    func number(_ at: Int, _ size: Int) -> Int? {
      guard at >= 0, at <= head.count - size else { return nil }
      let value = head[at..<at + size].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return Int(exactly: value)
    }
    guard let table = number(isWide ? 32 : 28, isWide ? 8 : 4), let size = number(isWide ? 54 : 42, 2),
      let count = number(isWide ? 56 : 44, 2), table < bound, size > 0
    else { return nil }
    for entry in 0..<min(count, 64) {
      let begin = table + entry * size
      guard let type = number(begin, 4) else { return nil }
      guard type == 3 else { continue }
      guard let offset = number(begin + (isWide ? 8 : 4), isWide ? 8 : 4), let length = number(begin + (isWide ? 32 : 16), isWide ? 8 : 4),
        let name = read(descriptor, at: offset, count: min(length, bound))
      else { return nil }
      return String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
    }
    return nil
  }

  private static func read(_ descriptor: Int32, at offset: Int, count: Int) -> [UInt8]? {
    guard count > 0 else { return nil }
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, read in
      read = max(0, uninterrupted { pread(descriptor, buffer.baseAddress, count, off_t(offset)) })
    }
    return bytes.isEmpty ? nil : bytes
  }
}
