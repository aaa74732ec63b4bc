// The kernel's tables of sockets, as /proc shows them.

import Addresses
import Glibc

/// The listening sockets in the text of `/proc/net/tcp`, `tcp6` or `unix`.
enum SocketTable {
  /// A listening socket.
  struct Entry: Equatable {
    /// The number by which the descriptors of its owner name it.
    var inode: String
    /// The user that made it; nil where the table does not tell.
    var user: UInt32?
  }

  /// The sockets in a TCP table that keep `address` from being bound: those of the same port, with the same address or with every one.
  /// - Parameter address: The bytes of the IP address.
  static func tcp(_ table: String, port: Int, address: [UInt8]) -> [Entry] {
    rows(table).compactMap { fields -> Entry? in
      // 0A: listening.
      guard fields.count >= 10, fields[3] == "0A", let (host, number) = place(fields[1]), number == port else { return nil }
      guard isAny(host) || isAny(address) || unmapped(host) == unmapped(address) else { return nil }
      return Entry(inode: String(fields[9]), user: UInt32(fields[7]))
    }
  }

  /// The listening sockets in the table of Unix sockets that were bound to `path`.
  static func unix(_ table: String, path: String) -> [Entry] {
    rows(table).compactMap { fields -> Entry? in
      // The flag __SO_ACCEPTCON: listening. The path may have blanks.
      guard fields.count >= 8, let flags = UInt32(fields[3], radix: 16), flags & 0x10000 != 0,
        fields[7...].joined(separator: " ") == path
      else { return nil }
      return Entry(inode: String(fields[6]), user: nil)
    }
  }

  private static func rows(_ table: String) -> [[Substring]] {
    table.split(separator: "\n").dropFirst().map { $0.split(separator: " ") }
  }

  /// `0100007F:2775`: the words of the address as numbers of this machine.
  private static func place(_ text: Substring) -> (host: [UInt8], port: Int)? {
    let parts = text.split(separator: ":")
    guard parts.count == 2, let port = Int(parts[1], radix: 16), parts[0].utf8.count % 8 == 0 else { return nil }
    var host: [UInt8] = []
    var rest = parts[0]
    while !rest.isEmpty {
      guard let word = UInt32(rest.prefix(8), radix: 16) else { return nil }
      withUnsafeBytes(of: word) { host += $0 }
      rest = rest.dropFirst(8)
    }
    return (host, port)
  }

  private static func isAny(_ host: [UInt8]) -> Bool { unmapped(host).allSatisfy { $0 == 0 } }

  /// An IPv4 address that is written as one of IPv6, in its own form.
  private static func unmapped(_ host: [UInt8]) -> [UInt8] {
    host.count == 16 && host.prefix(10).allSatisfy { $0 == 0 } && host[10...11].allSatisfy { $0 == 0xFF } ? Array(host[12...]) : host
  }
}
