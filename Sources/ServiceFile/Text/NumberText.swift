// Numbers as people write them: decimal, no exponents, no octal surprises.

import Addresses

enum NumberText {
  /// A whole number in decimal digits. A leading zero is refused: YAML 1.1 would read it as octal.
  static func integer(_ text: String) -> Int? {
    let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
    guard !digits.isEmpty, digits.utf8.allSatisfy(ASCII.isDigit), digits == "0" || digits.first != "0" else { return nil }
    return Int(text)
  }

  /// A decimal number: `2`, `0.5`, `-1.25`.
  static func decimal(_ text: String) -> Double? {
    let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
    let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(ASCII.isDigit) }), let number = Double(text), number.isFinite else {
      return nil
    }
    return number
  }

  /// A bound in a message: without ".0".
  static func shown(_ number: Double) -> String {
    Int(exactly: number).map(String.init) ?? "\(number)"
  }
}
