// The peers among which connections, streams and waiting answers are shared.

import Addresses
import CLinux
import NIOCore

/// One peer, as far as shares go: all that one user of this machine, or one machine, can open.
///
/// Loopback is split by users, not by addresses: every local user can connect from all of 127.0.0.0/8. A machine with IPv6 has a network of
/// 2^64 addresses (/64) to itself.
enum PeerGroup: Hashable, Sendable {
  /// The user behind a Unix socket; nil: the kernel did not name it.
  case unix(UInt32?)
  /// The user behind a loopback connection; nil: the kernel did not name it.
  case loopback(UInt32?)
  /// An IPv4 address, or the first half of an IPv6 address.
  case network([UInt8])
  /// All whose address is not known.
  case unknown

  init(_ peer: Peer, _ channel: any Channel) {
    switch peer {
    case .unix(let process): self = .unix(process?.user)
    case .loopback: self = .loopback(Self.user(of: channel))
    case .remote: self = Self.network(of: channel.remoteAddress?.ipAddress)
    }
  }

  private static func user(of channel: any Channel) -> UInt32? {
    guard let theirs = channel.remoteAddress, let ours = channel.localAddress else { return nil }
    return UInt32(exactly: theirs.withSockAddr { theirs, _ in ours.withSockAddr { ours, _ in clinux_tcp_user(theirs, ours) } })
  }

  static func network(of text: String?) -> PeerGroup {
    // A link-local address may have a zone.
    switch text.flatMap({ IPLiteral(String($0.prefix { $0 != "%" })) }) {
    case .v4(let bytes): .network(bytes)
    case .v6(let bytes):
      // A socket for both families shows IPv4 so.
      .network(bytes.starts(with: Array(repeating: 0, count: 10) + [0xff, 0xff]) ? Array(bytes[12...]) : Array(bytes[..<8]))
    case nil: .unknown
    }
  }
}
