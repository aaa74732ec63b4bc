// Finds labels in text of the kernel.

extension UnsafeRawBufferPointer {
  /// The decimal number right after the first occurrence of a label; nil without the label.
  func number(after label: StaticString) -> UInt64? { number(after: label, radix: 10) }

  /// The octal number right after the first occurrence of a label; nil without the label.
  func octal(after label: StaticString) -> UInt64? { number(after: label, radix: 8) }

  /// The word after the first occurrence of a label and spaces; nil without the label.
  func word(after label: StaticString) -> Slice<UnsafeRawBufferPointer>? {
    end(of: label).map { self[$0...].drop { $0 == UInt8(ascii: " ") }.prefix { $0 > UInt8(ascii: " ") } }
  }

  private func number(after label: StaticString, radix: UInt64) -> UInt64? {
    guard let end = end(of: label) else { return nil }
    var value: UInt64 = 0
    for byte in self[end...] {
      guard byte >= UInt8(ascii: "0"), byte < UInt8(ascii: "0") + UInt8(radix) else { break }
      value = value &* radix &+ UInt64(byte - UInt8(ascii: "0"))
    }
    return value
  }

  /// The position after the first occurrence of a label.
  private func end(of label: StaticString) -> Int? {
    let wanted = UnsafeRawBufferPointer(start: label.utf8Start, count: label.utf8CodeUnitCount)
    guard let first = wanted.first, count >= wanted.count else { return nil }
    for position in 0...(count - wanted.count) where self[position] == first {
      if self[position..<position + wanted.count].elementsEqual(wanted) { return position + wanted.count }
    }
    return nil
  }
}
