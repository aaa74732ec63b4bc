// Entries that registered themselves.

/// The self-registered entries: slots that stay where they are, so that timers can name them.
struct Registrations: Sendable {
  /// Rule 30.
  static let limit = 10_000
  static let payloadLimit = 16 * 1024
  static let defaultTimeToLive = Duration.seconds(180)
  /// An expired entry is dropped this many times its time to live later.
  static let dropAfter = 10

  private var names: [String?] = []
  private var slots: [String: Int] = [:]
  private var free: [Int] = []

  var count: Int {
    slots.count
  }

  func slot(of name: String) -> Int? {
    slots[name]
  }

  func name(at slot: Int) -> String? {
    names.indices.contains(slot) ? names[slot] : nil
  }

  mutating func insert(_ name: String) -> Int {
    let slot = free.popLast() ?? names.count
    if slot == names.count { names.append(name) } else { names[slot] = name }
    slots[name] = slot
    return slot
  }

  mutating func remove(_ name: String) {
    guard let slot = slots.removeValue(forKey: name) else { return }
    names[slot] = nil
    free.append(slot)
  }
}
