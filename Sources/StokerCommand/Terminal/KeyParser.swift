// A parser from the bytes of a terminal to keys.

/// A key or a combination of keys.
enum Key: Sendable, Equatable {
  case character(Character)
  case control(Character)
  case enter, escape, backspace, delete, tab
  case up, down, left, right, pageUp, pageDown, home, end
}

/// Assembles escape sequences and UTF-8 from bytes in pieces of any size. An escape byte is a key of its own only if no byte follows it.
struct KeyParser {
  private var pending: [UInt8] = []

  /// Whether the bytes so far may be the beginning of a sequence.
  var isWaiting: Bool { !pending.isEmpty }

  /// Longest sequence that is awaited.
  private static let sequenceBound = 32

  mutating func take(_ bytes: some Sequence<UInt8>) -> [Key] {
    pending += bytes
    var keys: [Key] = []
    var rest = pending[...]
    while !rest.isEmpty {
      guard let (key, length) = Self.next(rest) else { break }
      if let key { keys.append(key) }
      rest = rest.dropFirst(length)
    }
    pending = Array(rest)
    return keys
  }

  /// Ends the wait for the rest of a sequence: an escape byte alone is the key.
  mutating func flush() -> [Key] {
    defer { pending = [] }
    return pending.first == escape ? [.escape] : []
  }

  /// The first key and its number of bytes; no key for bytes without a meaning; nil while the key is incomplete.
  private static func next(_ bytes: ArraySlice<UInt8>) -> (Key?, Int)? {
    let first = bytes[bytes.startIndex]
    switch first {
    case escape: return sequence(bytes)
    case 0x0A, 0x0D: return (.enter, 1)
    case 0x09: return (.tab, 1)
    case 0x08, 0x7F: return (.backspace, 1)
    case 0: return (nil, 1)
    case 1..<0x20: return (.control(Character(Unicode.Scalar(first | 0x60))), 1)
    default: return typed(bytes, first)
    }
  }

  private static func typed(_ bytes: ArraySlice<UInt8>, _ first: UInt8) -> (Key?, Int)? {
    let length =
      switch first {
      case 0..<0x80: 1
      case 0xC2..<0xE0: 2
      case 0xE0..<0xF0: 3
      case 0xF0..<0xF5: 4
      default: 0
      }
    guard length > 0 else { return (nil, 1) }
    guard bytes.dropFirst().prefix(length - 1).allSatisfy({ $0 & 0xC0 == 0x80 }) else { return (nil, 1) }
    guard bytes.count >= length else { return nil }
    guard let text = String(validating: bytes.prefix(length), as: UTF8.self), let character = text.first else { return (nil, length) }
    return (.character(character), length)
  }

  private static func sequence(_ bytes: ArraySlice<UInt8>) -> (Key?, Int)? {
    guard let second = bytes.dropFirst().first else { return nil }
    switch second {
    case UInt8(ascii: "["):
      let body = bytes.dropFirst(2)
      guard let end = body.firstIndex(where: { !(0x20..<0x40).contains($0) }) else {
        return bytes.count > sequenceBound ? (nil, bytes.count) : nil
      }
      let length = end - bytes.startIndex + 1
      return (named(final: body[end], parameters: body[..<end]), length)
    case UInt8(ascii: "O"):
      guard let final = bytes.dropFirst(2).first else { return nil }
      return (named(final: final, parameters: []), 3)
    default:
      // The escape key, quickly followed by another one.
      return (.escape, 1)
    }
  }

  private static func named(final: UInt8, parameters: ArraySlice<UInt8>) -> Key? {
    switch final {
    case UInt8(ascii: "A"): .up
    case UInt8(ascii: "B"): .down
    case UInt8(ascii: "C"): .right
    case UInt8(ascii: "D"): .left
    case UInt8(ascii: "H"): .home
    case UInt8(ascii: "F"): .end
    case UInt8(ascii: "M"): .enter
    case UInt8(ascii: "~"):
      switch String(decoding: parameters.prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self) {
      case "1", "7": .home
      case "4", "8": .end
      case "3": .delete
      case "5": .pageUp
      case "6": .pageDown
      default: nil
      }
    default: nil
    }
  }
}

private let escape: UInt8 = 0x1B
