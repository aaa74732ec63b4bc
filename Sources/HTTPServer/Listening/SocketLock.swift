// The lock of a Unix socket's name, for the time in which a server takes it.

import Addresses
import Glibc
import Linux

/// A file `.NAME.lock` of our user beside the socket, locked as long as it is there: other users cannot hold it.
struct SocketLock {
  private let folder: OpenFolder
  private let name: String
  private let descriptor: Int32

  /// Never waits: a server that is just taking the name will have it.
  init(in folder: OpenFolder, for socket: String, _ address: ListenAddress) throws(ServerError) {
    let name = ".\(socket).lock"
    var taken: Int32?
    // A few times at most: a lock that we find is removed by its holder in a moment.
    for _ in 0..<100 where taken == nil { taken = try Self.take(name, folder, address) }
    guard let taken else { throw .addressInUse(address) }
    (self.folder, self.name, descriptor) = (folder, name, taken)
  }

  /// Nil if the file was removed meanwhile.
  private static func take(_ name: String, _ folder: OpenFolder, _ address: ListenAddress) throws(ServerError) -> Int32? {
    let path = "\(folder.path)/\(name)".replacing("//", with: "/")
    // Looked at first: a foreign file may not even be opened for writing in a folder like /tmp (fs.protected_regular).
    if let facts = folder.facts(of: name), !isOurs(facts) { throw .unsafe(address, "'\(path)' is not ours, and in the way: remove it") }
    let descriptor: Int32
    do {
      descriptor = try folder.open(name, O_RDWR | O_CREAT | O_NONBLOCK)
    } catch {
      throw .binding(address, error.errno)
    }
    guard let facts = FileFacts.of(descriptor), isOurs(facts) else {
      close(descriptor)
      throw .unsafe(address, "'\(path)' is not ours, and in the way: remove it")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw .addressInUse(address)
    }
    if let now = folder.facts(of: name), now.isSame(as: facts) { return descriptor }
    close(descriptor)
    return nil
  }

  private static func isOurs(_ facts: FileFacts) -> Bool { facts.kind == .regular && facts.owner == geteuid() && facts.mode & 0o077 == 0 }

  func release() {
    folder.remove(name)
    // A child that is being spawned has a copy of the descriptor until it executes.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
