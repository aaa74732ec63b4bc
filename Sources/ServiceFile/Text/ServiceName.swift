// `[A-Za-z0-9][A-Za-z0-9_.-]{0,62}`: the names of services.

import Addresses

/// The rule for names of services (service-file.md).
package enum ServiceName {
  /// The rule in words, for messages.
  package static let expected = "1 to 63 letters, digits, '_', '.' or '-', beginning with a letter or digit"

  /// Whether `name` is legal.
  package static func isValid(_ name: String) -> Bool {
    guard let first = name.utf8.first, name.utf8.count <= 63 else { return false }
    return ASCII.isLetterOrDigit(or: "")(first) && name.utf8.allSatisfy(ASCII.isLetterOrDigit(or: "_.-"))
  }
}
