// The check whether the ports of the demo's services are free.

import Glibc
import Orchestration
import ServiceFile

enum DemoPorts {
  /// The ports in use. Called once the leftovers of an earlier demo are gone, since they may use them.
  static func taken(of file: ServiceFile, adopted: Set<String>) -> [Int] {
    file.services.filter { !adopted.contains($0.spec.name) }.compactMap(\.metrics?.port).filter { !isFree($0) }
  }

  /// The failure for them.
  static func failure(_ ports: [Int]) -> Failure {
    let names = ports.map(String.init).joined(separator: ", ")
    let (subject, pronoun) = ports.count == 1 ? ("port \(names) is", "it") : ("ports \(names) are", "them")
    return Failure(
      .unavailable,
      "\(subject) in use, and the demo's services need \(pronoun); stop what uses \(pronoun), or write the demo to a file, with other "
        + "ports: 'stoker demo --print > stoker.yaml', then 'stoker run'")
  }

  private static func isFree(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return true }
    defer { close(descriptor) }
    // As servers do: connections in TIME_WAIT do not count.
    var on: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
    guard result == 0 else { return errno != EADDRINUSE }
    return listen(descriptor, 1) == 0 || errno != EADDRINUSE
  }
}
