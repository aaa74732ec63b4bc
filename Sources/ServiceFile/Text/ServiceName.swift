// `[A-Za-z0-9][A-Za-z0-9_.-]{0,62}`: the names of services.

import Addresses

/// What a service may be called (service-file.md).
package enum ServiceName {
  /// What is legal, for messages.
  package static let expected = "1 to 63 letters, digits, '_', '.' or '-', beginning with a letter or digit"

  /// Whether `name` is legal.
  package static func isValid(_ name: String) -> Bool {
    guard let first = name.utf8.first, name.utf8.count <= 63 else { return false }
    return ASCII.isLetterOrDigit(or: "")(first) && name.utf8.allSatisfy(ASCII.isLetterOrDigit(or: "_.-"))
  }
}
