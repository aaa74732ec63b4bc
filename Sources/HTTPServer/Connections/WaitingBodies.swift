// The bodies of responses that wait for their readers, bounded over all connections, as a value: no lock, no channel.
//
// A body is counted from the moment when it is whole until the kernel has all of it, or its connection ends. Connections that send the same
// page hold one copy of its parts, which is counted once. A peer has a share of the limit like one of the connections (see Shares). Where a
// body has no room, those that wait for longer than `patience` are cut, oldest first, those of the same peer before others; if that is not
// enough, it is refused. A body that is alone is always sent: a page may be larger than the limit.

import NIOCore

struct WaitingBodies {
  typealias Connection = ObjectIdentifier

  private struct Body {
    let peer: PeerGroup
    let parts: [[UInt8]]
    let since: NIODeadline
  }

  /// A large part, and the number of bodies with it, for each peer.
  private struct Part {
    let size: Int
    var bodies: [PeerGroup: Int] = [:]
  }

  /// A body of so many bytes fits into the kernel's buffer, and is not counted.
  static let shortest = 16 << 10
  /// The bytes that a body has copied for its channel at most, and those that a stream may have accepted.
  static let buffer = 64 << 10
  /// A part below this size is counted for each body.
  private static let leastShared = 4 << 10
  /// A body that waits for less time is not cut.
  static let patience = TimeAmount.seconds(2)

  private let limit: Int
  /// The bytes that wait.
  private(set) var size = 0
  private var held: [PeerGroup: Int] = [:]
  private var bodies: [Connection: Body] = [:]
  /// The large parts, by the address of their bytes. It is theirs alone, since the bodies keep them.
  private var parts: [UInt: Part] = [:]

  init(limit: Int) {
    self.limit = limit
  }

  /// Actions returned by `offer()`.
  enum Answer: Equatable {
    /// Send it, and cut these connections.
    case send(cut: [Connection])
    case refuse
  }

  /// Input: the body of a connection's response. A connection has one at a time.
  mutating func offer(_ parts: [[UInt8]], of connection: Connection, _ peer: PeerGroup, at now: NIODeadline) -> Answer {
    guard parts.reduce(0, { $0 + $1.count }) > Self.shortest else { return .send(cut: []) }
    ended(connection)
    var cut: [Connection] = []
    if !hasRoom(for: parts, peer) {
      var rest = self
      guard rest.makeRoom(for: parts, peer, at: now, &cut) else { return .refuse }
      self = rest
    }
    add(parts, peer)
    bodies[connection] = Body(peer: peer, parts: parts, since: now)
    return .send(cut: cut)
  }

  /// Input: the kernel has all of the body, or the connection is over. Without a body it does nothing.
  mutating func ended(_ connection: Connection) {
    guard let body = bodies.removeValue(forKey: connection) else { return }
    take(Self.buffer, from: body.peer)
    for part in body.parts {
      guard let key = Self.key(of: part), var shared = parts[key] else {
        take(part.count, from: body.peer)
        continue
      }
      let left = shared.bodies[body.peer, default: 1] - 1
      shared.bodies[body.peer] = left > 0 ? left : nil
      if left == 0 { held[body.peer, default: 0] -= shared.size }
      if shared.bodies.isEmpty { size -= shared.size }
      parts[key] = shared.bodies.isEmpty ? nil : shared
    }
    if held[body.peer] == 0 { held[body.peer] = nil }
  }

  /// Input: a stream begins, or ends. It is counted as if its reader did not read.
  mutating func streamBegan(_ peer: PeerGroup) {
    give(Self.buffer, to: peer)
  }

  mutating func streamEnded(_ peer: PeerGroup) {
    take(Self.buffer, from: peer)
    if held[peer] == 0 { held[peer] = nil }
  }

  /// Cuts old bodies until there is room; false if that is not enough.
  private mutating func makeRoom(
    for parts: [[UInt8]], _ peer: PeerGroup, at now: NIODeadline, _ cut: inout [Connection]
  ) -> Bool {
    let old = bodies.filter { now - $0.value.since >= Self.patience }.sorted { first, second in
      let (isOwn, isOtherOwn) = (first.value.peer == peer, second.value.peer == peer)
      return isOwn == isOtherOwn ? first.value.since < second.value.since : isOwn
    }
    for (connection, _) in old {
      ended(connection)
      cut.append(connection)
      if hasRoom(for: parts, peer) { return true }
    }
    return false
  }

  private func hasRoom(for parts: [[UInt8]], _ peer: PeerGroup) -> Bool {
    if bodies.isEmpty { return true }
    var (more, moreOfPeer) = (Self.buffer, Self.buffer)
    for part in parts {
      let shared = Self.key(of: part).flatMap { self.parts[$0] }
      if shared == nil { more += part.count }
      if shared?.bodies[peer] == nil { moreOfPeer += part.count }
    }
    let free = limit - size
    return more <= free && Share.allows(held[peer, default: 0] + moreOfPeer, free: free)
  }

  private mutating func add(_ parts: [[UInt8]], _ peer: PeerGroup) {
    give(Self.buffer, to: peer)
    for part in parts {
      guard let key = Self.key(of: part) else {
        give(part.count, to: peer)
        continue
      }
      var shared = self.parts[key] ?? Part(size: part.count)
      if shared.bodies.isEmpty { size += shared.size }
      if shared.bodies[peer] == nil { held[peer, default: 0] += shared.size }
      shared.bodies[peer, default: 0] += 1
      self.parts[key] = shared
    }
  }

  private mutating func give(_ amount: Int, to peer: PeerGroup) {
    size += amount
    held[peer, default: 0] += amount
  }

  private mutating func take(_ amount: Int, from peer: PeerGroup) {
    size -= amount
    held[peer, default: 0] -= amount
  }

  private static func key(of part: [UInt8]) -> UInt? {
    guard part.count >= leastShared else { return nil }
    return part.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
  }
}
