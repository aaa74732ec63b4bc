// A reader of protobuf messages for tests (protobuf.dev/programming-guides/encoding).

/// The fields of a message, in order.
struct Message {
  enum Field: Equatable {
    case varint(UInt64)
    case double(Double)
    case bytes([UInt8])
  }

  private(set) var fields: [(number: Int, value: Field)] = []

  /// Reads a message; nil if the bytes are none, or have a wire type that no exposition uses.
  init?(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let tag = Self.varint(&rest) else { return nil }
      let value: Field
      switch tag & 7 {
      case 0:
        guard let number = Self.varint(&rest) else { return nil }
        value = .varint(number)
      case 1:
        guard rest.count >= 8 else { return nil }
        value = .double(Double(bitPattern: rest.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }))
        rest = rest.dropFirst(8)
      case 2:
        guard let length = Self.varint(&rest), length <= rest.count else { return nil }
        value = .bytes(Array(rest.prefix(Int(length))))
        rest = rest.dropFirst(Int(length))
      default: return nil
      }
      fields.append((Int(tag >> 3), value))
    }
  }

  /// Reads messages that each follow their length.
  static func delimited(_ bytes: [UInt8]) -> [Message]? {
    var messages: [Message] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let length = varint(&rest), length <= rest.count, let message = Message(Array(rest.prefix(Int(length)))) else { return nil }
      messages.append(message)
      rest = rest.dropFirst(Int(length))
    }
    return messages
  }

  /// All values of a field.
  subscript(_ number: Int) -> [Field] {
    fields.filter { $0.number == number }.map(\.value)
  }

  /// All values of a field that holds messages, or text.
  func bytes(_ number: Int) -> [[UInt8]] {
    self[number].compactMap { if case .bytes(let bytes) = $0 { bytes } else { nil } }
  }

  /// All values of a field that holds messages.
  func messages(_ number: Int) -> [Message] {
    bytes(number).compactMap(Message.init)
  }

  /// All values of a field of integers.
  func varints(_ number: Int) -> [UInt64] {
    self[number].compactMap { if case .varint(let number) = $0 { number } else { nil } }
  }

  /// All values of a field of packed `sint64`.
  func packedSigned(_ number: Int) -> [Int64] {
    bytes(number).flatMap { bytes in
      var rest = bytes[...]
      var numbers: [Int64] = []
      while let number = Self.varint(&rest) { numbers.append(Self.signed(number)) }
      return numbers
    }
  }

  /// The value of a `sint32` or `sint64`: 0, -1, 1, -2, 2 are written as 0, 1, 2, 3, 4.
  static func signed(_ number: UInt64) -> Int64 {
    number & 1 == 0 ? Int64(number / 2) : -1 - Int64(number / 2)
  }

  private static func varint(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    var shift: UInt64 = 0
    while let byte = rest.popFirst() {
      number |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return number }
      shift += 7
    }
    return nil
  }
}
