// Finds labels in text of the kernel.

extension UnsafeRawBufferPointer {
  /// The decimal number right after the first occurrence of a label; nil without the label.
  func number(after label: StaticString) -> UInt64? { number(after: label, radix: 10) }

  /// The octal number right after the first occurrence of a label; nil without the label.
  func octal(after label: StaticString) -> UInt64? { number(after: label, radix: 8) }

  private func number(after label: StaticString, radix: UInt64) -> UInt64? {
    let wanted = UnsafeRawBufferPointer(start: label.utf8Start, count: label.utf8CodeUnitCount)
    guard let first = wanted.first, count >= wanted.count else { return nil }
    for position in 0...(count - wanted.count) where self[position] == first {
      guard self[position..<position + wanted.count].elementsEqual(wanted) else { continue }
      var value: UInt64 = 0
      for byte in self[(position + wanted.count)...] {
        guard byte >= UInt8(ascii: "0"), byte < UInt8(ascii: "0") + UInt8(radix) else { break }
        value = value &* radix &+ UInt64(byte - UInt8(ascii: "0"))
      }
      return value
    }
    return nil
  }
}
