// Something limited that peers share, as a value.

/// The share of a peer in something limited: three times what is left free. Alone it gets three quarters of all, the next peer three
/// quarters of the rest, and so on. So no peer can take all, however early it comes, and there is always something for another.
enum Share {
  /// Whether a peer may hold so much.
  static func allows(_ amount: Int, free: Int) -> Bool {
    amount <= 3 * free
  }
}

/// How much each peer holds of something limited.
struct Shares {
  let limit: Int
  private(set) var total = 0
  private var held: [PeerGroup: Int] = [:]

  init(limit: Int) {
    self.limit = limit
  }

  /// Actions returned by `take()`.
  enum Answer: Equatable {
    case taken
    /// The peer has its share, and the rest is for others.
    case shareTaken
    case allTaken
  }

  /// Input: a peer wants one more.
  mutating func take(_ peer: PeerGroup) -> Answer {
    let free = limit - total
    guard free > 0 else { return .allTaken }
    guard Share.allows(held[peer, default: 0] + 1, free: free) else { return .shareTaken }
    total += 1
    held[peer, default: 0] += 1
    return .taken
  }

  /// Input: a peer gives one back.
  mutating func giveBack(_ peer: PeerGroup) {
    total -= 1
    let left = held[peer, default: 0] - 1
    held[peer] = left > 0 ? left : nil
  }
}
