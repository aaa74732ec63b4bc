// The variable in a child's environment that identifies its run, also when nothing else does any more.

import Crypto
import FoundationEssentials
import Glibc
import Orchestration

/// The marks of the processes of one state directory: `STOKER_RUN=<text>:<owner>:<run>:<code>`, inherited by every process of a run, and
/// rarely removed.
///
/// The code is made with the state directory's key, so a mark proves what it says: nobody can make one for another owner or run.
package struct RunMarks: Sendable {
  static let variable = "STOKER_RUN"

  /// The first part, which names the state directory. Without colons.
  package let text: String
  private let key: StateKey
  private let prefix: [UInt8]

  /// The length of `STOKER_RUN=`.
  private static let nameBytes = variable.utf8.count + 1
  /// Half of a SHA-256: 128 bits cannot be guessed.
  private static let codeBytes = 16

  /// Marks of the state directory that `text` names.
  package init(_ text: String, key: StateKey) {
    self.text = text
    self.key = key
    prefix = Array("\(Self.variable)=\(text):".utf8)
  }

  /// The variable of a run, in the form of an environment.
  package func assignment(of run: RunKey) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(prefix.count + run.owner.utf8.count + 64)
    bytes += prefix
    bytes += run.owner.utf8
    bytes.append(UInt8(ascii: ":"))
    bytes += "\(run.run)".utf8
    let code = code(of: bytes[Self.nameBytes...])
    bytes.append(UInt8(ascii: ":"))
    Self.forEachDigit(of: code) { bytes.append($0) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A mark with our text.
  enum Mark: Equatable {
    case proved(RunKey)
    /// Without a code, as version 0.1.0 made them: anybody can write it.
    case unproved(RunKey)
  }

  /// The mark in an environment (in the form of `/proc/PID/environ`: NUL after each variable); nil with another text, with a wrong code,
  /// or without a mark.
  func mark(in environment: UnsafeRawBufferPointer) -> Mark? {
    var rest = environment[...]
    while let start = rest.indices.first, let base = environment.baseAddress {
      let end = memchr(base + start, 0, rest.count).map { UnsafeRawPointer($0) - base } ?? environment.endIndex
      let entry = environment[start..<end]
      if entry.starts(with: prefix) { return mark(entry.dropFirst(Self.nameBytes)) }
      rest = environment[min(end + 1, environment.endIndex)...]
    }
    return nil
  }

  private func mark(_ value: Slice<UnsafeRawBufferPointer>) -> Mark? {
    let fields = value.dropFirst(text.utf8.count + 1).split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard fields.count == 2 || fields.count == 3, !fields[0].isEmpty, let run = UInt64(String(decoding: fields[1], as: UTF8.self)),
      run <= RunNumber.highest
    else { return nil }
    let key = RunKey(owner: String(decoding: fields[0], as: UTF8.self), run: run)
    guard fields.count == 3 else { return .unproved(key) }
    return Self.areEqual(fields[2], code(of: Array(value[..<fields[1].endIndex])[...])) ? .proved(key) : nil
  }

  private func code(of claim: ArraySlice<UInt8>) -> HMAC<SHA256>.MAC {
    var code = key.code
    code.update(data: claim)
    return code.finalize()
  }

  private static func forEachDigit(of code: HMAC<SHA256>.MAC, _ take: (UInt8) -> Void) {
    func digit(_ number: UInt8) -> UInt8 { number < 10 ? UInt8(ascii: "0") + number : UInt8(ascii: "a") + number - 10 }
    code.withUnsafeBytes { bytes in
      for byte in bytes.prefix(codeBytes) {
        take(digit(byte >> 4))
        take(digit(byte & 15))
      }
    }
  }

  /// In constant time: the duration must not show how many of the digits are right.
  private static func areEqual(_ digits: Slice<UnsafeRawBufferPointer>, _ code: HMAC<SHA256>.MAC) -> Bool {
    guard digits.count == 2 * codeBytes else { return false }
    var difference: UInt8 = 0
    var position = digits.startIndex
    forEachDigit(of: code) {
      difference |= digits[position] ^ $0
      position += 1
    }
    return difference == 0
  }
}
