// Unix sockets: never open to other users, never taken from a live server, removed at the end.

import Addresses
import Glibc
import Linux

extension ListeningSocket {
  static func bindUnix(_ address: ListenAddress, path: String) throws(ServerError) -> ListeningSocket {
    guard path.utf8.count <= UnixSocketPath.limit else { throw .pathTooLong(address, limit: UnixSocketPath.limit) }
    let slash = path.lastIndex(of: "/")
    let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    let folder = try open(slash.map { String(path[...$0]) } ?? ".", address)
    let descriptor = try open(AF_UNIX, address)
    // Linux gives the file the mode of the unbound socket: 0600 from the first moment, without touching the umask, which all
    // threads share.
    guard fchmod(descriptor, 0o600) == 0 else {
      let code = errno
      close(descriptor)
      throw .system(address, call: "fchmod", errno: code)
    }
    do throws(ServerError) {
      // Two servers that both find a dead socket must not remove each other's new one, and between bind and listen a socket looks dead.
      // No lock of the folder, which every user who can read it could hold.
      let lock = try SocketLock(in: folder, for: name, address)
      defer { lock.release() }
      try bindFile(descriptor, address, path, folder, name)
    } catch {
      close(descriptor)
      throw error
    }
    return ListeningSocket(descriptor: descriptor, address: address, file: SocketFile(folder: folder, name: name))
  }

  private static func open(_ path: String, _ address: ListenAddress) throws(ServerError) -> OpenFolder {
    do {
      return try OpenFolder(path)
    } catch {
      switch error {
      case .system(_, let error): throw .binding(address, error.errno)
      case .foreignLink, .foreignFile, .untrusted, .refused: throw .unsafe(address, "\(error)")
      }
    }
  }

  private static func bindFile(
    _ descriptor: Int32, _ address: ListenAddress, _ path: String, _ folder: OpenFolder, _ name: String
  ) throws(ServerError) {
    var code = UnixSocket.call(Glibc.bind, descriptor, path)
    if code == EADDRINUSE {
      if let facts = folder.facts(of: name) {
        guard facts.kind == .socket else { throw .notASocket(address) }
        guard UnixSocket.fault(at: path)?.errno == ECONNREFUSED else { throw .addressInUse(address) }
        folder.remove(name)
      }
      code = UnixSocket.call(Glibc.bind, descriptor, path)
    }
    guard code == 0 else { throw .binding(address, code) }
    guard listen(descriptor, backlog) == 0 else {
      let code = errno
      folder.remove(name)
      throw .system(address, call: "listen", errno: code)
    }
  }
}
