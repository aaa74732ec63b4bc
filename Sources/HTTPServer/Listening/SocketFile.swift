// Files of Unix sockets that this process made.

import Linux

/// The identity of a socket's file: at the end of this server, another one may have put its own file at the same path.
struct SocketFile: Sendable {
  private let folder: OpenFolder
  private let name: String
  private let facts: FileFacts

  init?(folder: OpenFolder, name: String) {
    guard let facts = folder.facts(of: name) else { return nil }
    (self.folder, self.name, self.facts) = (folder, name, facts)
  }

  func remove() {
    if let now = folder.facts(of: name), now.isSame(as: facts) { folder.remove(name) }
  }
}
