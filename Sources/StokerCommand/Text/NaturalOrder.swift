// The order of names for people: web@2 before web@10.

enum NaturalOrder {
  /// Whether `left` comes before `right`, where digits in a row count as a number. Compares without copies: a live table sorts a thousand
  /// names for each frame.
  static func precedes(_ left: String, _ right: String) -> Bool {
    var (mine, others) = (left.utf8[...], right.utf8[...])
    while let byte = mine.first, let other = others.first {
      if isDigit(byte), isDigit(other) {
        let (number, otherNumber) = (takeNumber(&mine), takeNumber(&others))
        if number.count != otherNumber.count { return number.count < otherNumber.count }
        if !number.elementsEqual(otherNumber) { return number.lexicographicallyPrecedes(otherNumber) }
      } else {
        if byte != other { return byte < other }
        mine.removeFirst()
        others.removeFirst()
      }
    }
    if mine.isEmpty, others.isEmpty { return left < right }
    return mine.isEmpty
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  /// Takes the digits at the beginning. Returns them without leading zeros: the longer number is the greater.
  private static func takeNumber(_ bytes: inout Substring.UTF8View) -> Substring.UTF8View {
    let digits = bytes.prefix(while: isDigit)
    bytes = bytes[digits.endIndex...]
    return digits.drop { $0 == UInt8(ascii: "0") }
  }
}
