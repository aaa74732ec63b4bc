// Users and groups as people write them: names or numbers.

import Addresses

enum AccountText {
  /// Whether `text` can be the name of a user or group, or its number. Only the database knows whether it exists.
  static func isWellFormed(_ text: String) -> Bool {
    guard let first = text.utf8.first, text.utf8.count <= 255 else { return false }
    if text.utf8.allSatisfy(ASCII.isDigit) { return number(of: text) != nil }
    // A name that useradd would refuse may come from a directory service (`fog@example.org`); one that breaks the databases may not.
    let isName = text.unicodeScalars.allSatisfy { scalar in
      scalar.value > 0x20 && scalar.value != 0x7F && !scalar.properties.isWhitespace && scalar != ":" && scalar != "/" && scalar != ","
    }
    return isName && first != UInt8(ascii: "-") && first != UInt8(ascii: "+") && text != "." && text != ".."
  }

  /// The number in `text`; nil if it is a name. The largest one is refused: to the kernel it means "no account".
  static func number(of text: String) -> UInt32? {
    guard text.utf8.allSatisfy(ASCII.isDigit), let number = NumberText.integer(text), number < Int(UInt32.max) else { return nil }
    return UInt32(number)
  }
}
