// IP addresses in their one strict spelling; `127.1` and `0x7f000001` are names here, not addresses.

import Glibc

/// An IPv4 or IPv6 address, in network order.
enum IPLiteral: Hashable, Sendable {
  case v4([UInt8])
  case v6([UInt8])

  /// Reads dotted or colon notation, without brackets; nil for anything else, including a zone (`%eth0`).
  init?(_ text: String) {
    var bytes = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, text, &bytes) == 1 {
      self = .v4(Array(bytes[..<4]))
    } else if inet_pton(AF_INET6, text, &bytes) == 1 {
      self = .v6(bytes)
    } else {
      return nil
    }
  }

  /// 127.0.0.0/8, ::1, and IPv4 loopback as an IPv6 socket that takes both shows it (::ffff:127.0.0.1).
  var isLoopback: Bool {
    switch self {
    case .v4(let bytes): bytes[0] == 127
    case .v6(let bytes):
      bytes == Array(repeating: 0, count: 15) + [1]
        || (bytes[..<12] == Array(repeating: 0, count: 10) + [0xff, 0xff] && bytes[12] == 127)
    }
  }
}
