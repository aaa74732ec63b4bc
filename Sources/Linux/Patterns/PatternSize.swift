// The size of a pattern when its repeats are written out, as glibc does: `(a+)+` needs four times an a, and each level doubles it.

/// Counts the characters of a pattern from left to right.
struct PatternSize {
  /// Larger sizes are all alike.
  private static let most = 1 << 20

  private struct Group {
    /// Everything before the last item.
    var size = 0
    /// The last item, which a repeat multiplies.
    var last = 0

    var whole: Int { size + last }

    mutating func add(_ item: Int) {
      size = whole
      last = item
    }
  }

  private var groups = [Group()]

  /// The size of a pattern that may be faulty.
  static func of(_ pattern: String) -> Int {
    var size = PatternSize()
    var rest = Array(pattern.utf8)[...]
    while let byte = rest.popFirst(), size.whole < most { size.take(byte, &rest) }
    return size.whole
  }

  private var whole: Int { groups.reduce(0) { $0 + $1.whole } }

  private mutating func take(_ byte: UInt8, _ rest: inout ArraySlice<UInt8>) {
    switch byte {
    case UInt8(ascii: "\\"):
      _ = rest.popFirst()
      add(1)
    case UInt8(ascii: "["):
      Self.skipList(&rest)
      add(1)
    case UInt8(ascii: "("): groups.append(Group())
    case UInt8(ascii: ")"):
      guard groups.count > 1, let group = groups.popLast() else { return }
      add(group.whole + 1)
    case UInt8(ascii: "+"): repeatLast(2)
    case UInt8(ascii: "*"), UInt8(ascii: "?"): repeatLast(1)
    case UInt8(ascii: "{"):
      let numbers = rest.prefix { $0 != UInt8(ascii: "}") }
      rest = rest.dropFirst(numbers.count + 1)
      let counts = numbers.split(separator: UInt8(ascii: ",")).map { Int(String(decoding: $0, as: UTF8.self)) ?? Self.most }
      repeatLast(min(Self.most, (counts.max() ?? 1) + 1))
    default: add(1)
    }
  }

  private mutating func add(_ item: Int) { groups[groups.count - 1].add(item) }

  private mutating func repeatLast(_ count: Int) {
    let last = groups[groups.count - 1].last
    let (size, isTooLarge) = last.multipliedReportingOverflow(by: count)
    groups[groups.count - 1].last = isTooLarge ? Self.most : min(Self.most, size)
  }

  /// Skips a list in brackets, in which `]` comes first if it is a character.
  private static func skipList(_ rest: inout ArraySlice<UInt8>) {
    if rest.first == UInt8(ascii: "^") { rest.removeFirst() }
    if rest.first == UInt8(ascii: "]") { rest.removeFirst() }
    while let byte = rest.popFirst(), byte != UInt8(ascii: "]") {
      guard byte == UInt8(ascii: "["), let kind = rest.first, ":.=".utf8.contains(kind) else { continue }
      rest.removeFirst()
      while let next = rest.popFirst(), !(next == kind && rest.first == UInt8(ascii: "]")) {}
      _ = rest.popFirst()
    }
  }
}
