// The variable in a child's environment that identifies its run, also when nothing else does any more.

import Crypto
import FoundationEssentials
import Glibc

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
    let claim = "\(text):\(run.owner):\(run.run)"
    return "\(Self.variable)=\(claim):\(String(decoding: code(of: Array(claim.utf8)), as: UTF8.self))"
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
      if entry.starts(with: prefix) { return mark(entry.dropFirst(Self.variable.utf8.count + 1)) }
      rest = environment[min(end + 1, environment.endIndex)...]
    }
    return nil
  }

  private func mark(_ value: Slice<UnsafeRawBufferPointer>) -> Mark? {
    let fields = value.dropFirst(text.utf8.count + 1).split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard fields.count == 2 || fields.count == 3, !fields[0].isEmpty, let run = UInt64(String(decoding: fields[1], as: UTF8.self)),
      run <= RunKey.highestRun
    else { return nil }
    let key = RunKey(owner: String(decoding: fields[0], as: UTF8.self), run: run)
    guard fields.count == 3 else { return .unproved(key) }
    return Self.areEqual(fields[2], code(of: Array(value[..<fields[1].endIndex]))) ? .proved(key) : nil
  }

  /// In hexadecimal digits.
  private func code(of claim: [UInt8]) -> [UInt8] {
    var code = key.code
    code.update(data: claim)
    let digits = Array("0123456789abcdef".utf8)
    return code.finalize().withUnsafeBytes { bytes in
      bytes.prefix(Self.codeBytes).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }
  }

  /// In constant time: the duration must not show how many of the digits are right.
  private static func areEqual(_ left: Slice<UnsafeRawBufferPointer>, _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
