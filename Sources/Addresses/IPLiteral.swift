// IP addresses in their strict spelling: `127.1` and `0x7f000001` are names, not addresses.

import Glibc

/// An IPv4 or IPv6 address, in network order.
package enum IPLiteral: Hashable, Sendable {
  /// Four bytes.
  case v4([UInt8])
  /// Sixteen bytes.
  case v6([UInt8])

  /// Reads dotted or colon notation, without brackets; nil for anything else, including a zone (`%eth0`).
  package init?(_ text: String) {
    var bytes = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, text, &bytes) == 1 {
      self = .v4(Array(bytes[..<4]))
    } else if inet_pton(AF_INET6, text, &bytes) == 1 {
      self = .v6(bytes)
    } else {
      return nil
    }
  }

  /// Whether the address is 0.0.0.0 (also as ::ffff:0.0.0.0) or ::, which stand for all addresses of a machine.
  package var isWildcard: Bool {
    switch self {
    case .v4(let bytes): bytes.allSatisfy { $0 == 0 }
    case .v6(let bytes): [[0, 0], [0xff, 0xff]].contains(Array(bytes[10..<12])) && (bytes[..<10] + bytes[12...]).allSatisfy { $0 == 0 }
    }
  }

  /// Whether the address is 127.0.0.0/8, ::1, or IPv4 loopback as a socket for both families shows it (::ffff:127.0.0.1).
  package var isLoopback: Bool {
    switch self {
    case .v4(let bytes): bytes[0] == 127
    case .v6(let bytes):
      bytes == Array(repeating: 0, count: 15) + [1]
        || (bytes[..<12] == Array(repeating: 0, count: 10) + [0xff, 0xff] && bytes[12] == 127)
    }
  }
}
