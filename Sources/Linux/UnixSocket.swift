// Unix sockets by their path: bind(2), connect(2), and whether a server listens.

import Glibc

/// Calls with the path of a Unix socket.
package enum UnixSocket {
  /// Calls bind or connect; 0, or errno.
  package static func call(
    _ function: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32, _ descriptor: Int32, _ path: String
  ) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { return ENAMETOOLONG }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return withUnsafePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        function(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 ? 0 : errno
      }
    }
  }

  /// Why no server can be reached behind a socket's file, `ECONNREFUSED` if it is left over from a dead one; nil if one listens. Never waits.
  package static func fault(at path: String) -> SystemError? {
    let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard probe >= 0 else { return .last }
    defer { close(probe) }
    let code = call(Glibc.connect, probe, path)
    // The queue of a busy server is full.
    return code == 0 || code == EAGAIN ? nil : SystemError(errno: code)
  }
}
