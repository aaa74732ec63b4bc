// Paths of Unix sockets.

/// The rules for the path of a Unix socket.
package enum UnixSocketPath {
  /// The longest path in bytes: `sun_path` of a socket address holds 108, one of them for the NUL at the end.
  package static let limit = 107

  /// Throws the fault of a text that is not the absolute path of a socket.
  package static func check(_ path: some StringProtocol) throws(AddressFault) {
    guard path.hasPrefix("/") else { throw .pathNotAbsolute }
    guard !path.utf8.contains(0) else { throw .malformed }
    let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    guard !["", ".", ".."].contains(name) else { throw .pathOfDirectory }
    guard path.utf8.count <= limit else { throw .pathTooLong }
  }
}
