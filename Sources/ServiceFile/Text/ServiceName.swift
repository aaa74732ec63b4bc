// `[A-Za-z0-9][A-Za-z0-9_.-]{0,62}`: the names of services. `SECTION@INSTANCE`: those of instances.

import Addresses

/// The rule for names of services (service-file.md).
package enum ServiceName {
  /// The rule in words, for messages.
  package static let expected = "1 to 63 letters, digits, '_', '.' or '-', beginning with a letter or digit"

  /// The rule for the part of a name behind `@`.
  static let expectedOfInstance = "letters, digits, '_', '.' and '-'"

  /// The bytes of the longest name of an instance, with its section. Shorter than other names, so that something may be added.
  static let longestInstance = 61

  /// Whether `name` is legal in the file. An instance's name, which the key `instances` makes, is not.
  package static func isValid(_ name: String) -> Bool {
    guard let first = name.utf8.first, name.utf8.count <= 63 else { return false }
    return ASCII.isLetterOrDigit(or: "")(first) && name.utf8.allSatisfy(ASCII.isLetterOrDigit(or: "_.-"))
  }

  /// Whether `name` is a legal part behind `@`.
  static func isInstance(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.allSatisfy(ASCII.isLetterOrDigit(or: "_.-"))
  }

  /// The name of a section's instance.
  static func name(of instance: String, in section: String) -> String { "\(section)@\(instance)" }
}
