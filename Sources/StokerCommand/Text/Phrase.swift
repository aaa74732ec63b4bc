// Numbers and names as parts of a sentence.

enum Phrase {
  /// `one service`, `3 services`; with a plural of its own where the word does not take an `s`.
  static func count(_ number: Int, _ singular: String, plural: String? = nil) -> String {
    number == 1 ? "one \(singular)" : "\(number) \(plural ?? singular + "s")"
  }

  /// `dao, edge and onion`; from six names on, the first four and the number of the others.
  static func list(_ names: [String]) -> String {
    guard names.count > 1 else { return names.first ?? "" }
    guard names.count > 5 else { return names.dropLast().joined(separator: ", ") + " and \(names[names.count - 1])" }
    return names.prefix(4).joined(separator: ", ") + " and \(names.count - 4) more"
  }

  /// A number with one decimal: `0.3`.
  static func tenths(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
