// The process that has an address which Stoker should listen on: looked for after a failed start alone.

import Addresses
import Glibc
import Linux
import ServiceFile

enum AddressHolder {
  /// Most bytes of a table, and most descriptors of other processes that are looked at.
  private static let tableBound = 4 << 20
  private static let descriptorBound = 200_000

  /// The holder as the end of a sentence, "by nginx (pid 812, user www-data)"; nil if nothing is known of it.
  static func text(of address: ListenAddress) -> String? {
    let entries = entries(of: address)
    guard !entries.isEmpty else { return nil }
    let isSeen = process(with: Set(entries.map { "socket:[\($0.inode)]" }))
    if let pid = isSeen {
      guard pid != getpid() else { return "by another address of this Stoker" }
      let name = SmallFile.read("/proc/\(pid)/comm", bound: 64).map { String(decoding: $0.filter { $0 != 10 }, as: UTF8.self) }
      var facts = stat()
      let user = stat("/proc/\(pid)", &facts) == 0 ? ", user \(self.name(ofUser: facts.st_uid))" : ""
      return "by \(TerminalText.line(name ?? "a process")) (pid \(pid)\(user))"
    }
    let user = entries.lazy.compactMap(\.user).first ?? owner(of: address)
    guard let user, user != geteuid() else { return "by a process that this user cannot see" }
    return "by a process of the user \(name(ofUser: user)), whose number only that user and root can see"
  }

  private static func entries(of address: ListenAddress) -> [SocketTable.Entry] {
    switch address {
    case .unix(let path): return SocketTable.unix(table("unix"), path: path)
    case .tcp(let host, let port):
      let hosts = addresses(of: host)
      return ["tcp", "tcp6"].flatMap { name in
        let table = table(name)
        return hosts.flatMap { SocketTable.tcp(table, port: port, address: $0) }
      }
    }
  }

  private static func table(_ name: String) -> String {
    String(decoding: SmallFile.read("/proc/net/\(name)", bound: tableBound) ?? [], as: UTF8.self)
  }

  /// The bytes of the addresses of a host, as the failed call resolved it.
  private static func addresses(of host: String) -> [[UInt8]] {
    var hints = addrinfo()
    hints.ai_flags = AI_PASSIVE
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, nil, &hints, &list) == 0, let list else { return [] }
    defer { freeaddrinfo(list) }
    return sequence(first: list.pointee) { $0.ai_next?.pointee }.compactMap { entry in
      guard let address = entry.ai_addr else { return nil }
      let bytes = UnsafeRawBufferPointer(start: address, count: Int(entry.ai_addrlen))
      switch entry.ai_family {
      case AF_INET where bytes.count >= 8: return Array(bytes[4..<8])
      case AF_INET6 where bytes.count >= 24: return Array(bytes[8..<24])
      default: return nil
      }
    }
  }

  /// The first process that has one of these open, among those whose descriptors this user can see.
  private static func process(with links: Set<String>) -> Int32? {
    var count = 0
    return names(in: "/proc").lazy.compactMap(Int32.init).first { pid in
      let folder = "/proc/\(pid)/fd"
      return names(in: folder).contains { name in
        count += 1
        return count <= descriptorBound && SymbolicLink.target("\(folder)/\(name)").map(links.contains) ?? false
      }
    }
  }

  /// The names in a folder of /proc; none if it cannot be read.
  private static func names(in folder: String) -> [String] { (try? OpenFolder(folder))?.names() ?? [] }

  private static func owner(of address: ListenAddress) -> UInt32? {
    guard case .unix(let path) = address else { return nil }
    return FileFacts.of(path)?.owner
  }

  private static func name(ofUser user: UInt32) -> String { Identity.name(ofUser: user).map { TerminalText.line($0) } ?? String(user) }
}
