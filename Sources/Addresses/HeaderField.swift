// Header fields that a check sends along with its request.

/// The grammar of header fields (RFC 9110, 5.1 and 5.5), and the names that are not the user's to set.
package enum HeaderField {
  /// Fields that frame a message or end its connection: a wrong one would leave the server waiting for a body that never comes.
  private static let reserved: Set<String> = ["connection", "content-length", "transfer-encoding", "upgrade", "te", "trailer", "expect"]

  /// Whether a text is a token (RFC 9110, 5.6.2), as names of fields and methods are.
  package static func isToken(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy(ASCII.isLetterOrDigit(or: "!#$%&'*+-.^_`|~"))
  }

  /// Whether the check itself sets the field of this name.
  package static func isReserved(_ name: String) -> Bool {
    reserved.contains(name.lowercased())
  }

  /// Whether a text can be the value of a field: no control characters but tabs.
  package static func isValue(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
  }
}
