// Values that several tools write in the same way.

import ServiceFile

enum Words {
  /// A duration that is a number of seconds, or has units that Stoker knows, too.
  static func duration(_ text: String, unit: String = "s") -> Value? {
    let plain = text.trimmed
    if let number = Double(plain), number >= 0, number.isFinite {
      return number == number.rounded() && number < 1e15 ? .plain("\(Int(number))\(unit)") : .plain("\(number)\(unit)")
    }
    return DurationText.duration(plain) == nil ? nil : .plain(plain)
  }

  /// A whole number.
  static func number(_ text: String) -> Value? { Int(text.trimmed).map { .plain("\($0)") } }

  /// A flag, in the words of all these tools.
  static func flag(_ text: String) -> Bool? {
    switch text.trimmed.lowercased() {
    case "1", "true", "yes", "on", "y", "t": true
    case "0", "false", "no", "off", "n", "f": false
    default: nil
    }
  }

  /// Codes and signals that are success.
  static func codes(_ text: String) -> Value {
    .list(text.split { $0 == "," || $0 == " " || $0 == "\n" }.map { code in Int(code).map { .plain("\($0)") } ?? .text(String(code)) })
  }

  static func octal(_ text: String) -> Value { .text(text.trimmed) }
}
