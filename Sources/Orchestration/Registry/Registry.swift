// The registry: self-registered entries, and configured services (rule 30).
//
// `size` is the sum of the sizes of all self-registered entries, and never above `sizeLimit` (rule 75). A registration that does not fit is
// refused; one that makes its entry no larger always fits. A beat is a sign of life first: it is never refused for its details, which are
// left out where they do not fit.

/// All entries by name, and the slots of self-registered ones.
struct Registry: Sendable {
  /// The largest number of self-registered entries (rule 30).
  static let limit = 10_000
  /// The part of an entry's size that does not depend on its texts: its places in tables, its timer and its series.
  static let fixedSize = 1024
  static let payloadLimit = 16 * 1024
  static let defaultTimeToLive = Duration.seconds(180)
  /// The number of times to live after which an expired entry is dropped.
  static let dropAfter = 10

  let sizeLimit: Int
  private(set) var size = 0
  private(set) var entries: [String: RegistryEntry] = [:]
  /// Whether an entry changed since the caller last took them.
  var isTouched = true
  /// The name in each slot. An entry keeps its slot, so that timers can name it.
  private var names: [String?] = []
  private var slots: [String: Int] = [:]
  private var free: [Int] = []

  init(sizeLimit: Int = RegistrySize.defaultLimit) {
    self.sizeLimit = sizeLimit
  }

  /// The new state of a registered entry, with its slot, whose timer is due at `due`.
  struct Update: Sendable {
    var entry: RegistryEntry
    var slot: Int
    var due: Instant
    /// The changes to record, in order.
    var changes: [Change.RegistryChange] = []
  }

  /// The size of a self-registered entry in bytes.
  static func size(of name: String, _ entry: RegistryEntry) -> Int {
    fixedSize + name.utf8.count + entry.type.utf8.count + entry.payload.utf8.count + (entry.details ?? "").utf8.count
  }

  /// The size of all self-registered entries, counted again.
  var recountedSize: Int {
    slots.keys.reduce(0) { sum, name in sum + (entries[name].map { Self.size(of: name, $0) } ?? 0) }
  }

  func slot(of name: String) -> Int? {
    slots[name]
  }

  func name(at slot: Int) -> String? {
    names.indices.contains(slot) ? names[slot] : nil
  }

  /// Sets the entry of a configured service.
  mutating func set(_ entry: RegistryEntry, of name: String) {
    guard entries[name] != entry else { return }
    entries[name] = entry
    isTouched = true
  }

  /// Registers a name or updates its registration, which is a sign of life like a beat.
  mutating func register(
    _ name: String, type: String, timeToLive: Duration?, payload: String, at now: Instant
  ) -> Result<Update, RegistryRefusal> {
    guard payload.utf8.count <= Self.payloadLimit else { return .failure(.tooLarge) }
    let old = entries[name]
    guard old != nil || slots.count < Self.limit else { return .failure(.tooMany) }
    var entry =
      old
      ?? RegistryEntry(
        service: nil, payload: "", type: "", madeAt: now, timeToLive: nil, lastBeat: nil, beats: 0, expirations: 0, status: .unknown,
        isAlive: true,
        beatInterval: nil)
    entry.payload = payload
    entry.type = type
    entry.timeToLive = max(.milliseconds(1), timeToLive ?? Self.defaultTimeToLive)
    guard fits(entry, of: name) else { return .failure(.full(sizeLimit)) }
    let slot = slots[name] ?? insert(name)
    return .success(beat(entry, of: name, status: nil, slot: slot, changes: [old == nil ? .registered : .updated], at: now))
  }

  /// Takes a beat of a registered name, with the status that it reports.
  mutating func beat(
    _ name: String, status: RegistryEntry.Status?, details: String?, at now: Instant
  ) -> Result<Update, RegistryRefusal> {
    guard var entry = entries[name], let slot = slots[name] else { return .failure(.unknown) }
    entry.details = details
    if !fits(entry, of: name) { entry.details = nil }
    return .success(beat(entry, of: name, status: status, slot: slot, changes: [], at: now))
  }

  /// Expires a self-registered entry whose time is over. Nil: there is no such entry, or it had expired before.
  mutating func expire(_ name: String, slot: Int, at now: Instant) -> Update? {
    guard var entry = entries[name], entry.isAlive else { return nil }
    entry.isAlive = false
    entry.status = .expired
    entry.expirations += 1
    entries[name] = entry
    isTouched = true
    return Update(entry: entry, slot: slot, due: now + Self.timeToLive(of: entry) * Self.dropAfter, changes: [.expired])
  }

  /// Removes an entry. Returns its slot, if it had one.
  mutating func remove(_ name: String) -> Int? {
    let entry = entries.removeValue(forKey: name)
    isTouched = true
    guard let slot = slots.removeValue(forKey: name) else { return nil }
    size -= entry.map { Self.size(of: name, $0) } ?? 0
    names[slot] = nil
    free.append(slot)
    return slot
  }

  /// Whether a new or changed entry keeps the registry within its limit.
  private func fits(_ entry: RegistryEntry, of name: String) -> Bool {
    let growth = growth(to: entry, of: name)
    return growth <= 0 || size + growth <= sizeLimit
  }

  private func growth(to entry: RegistryEntry, of name: String) -> Int {
    Self.size(of: name, entry) - (entries[name].map { Self.size(of: name, $0) } ?? 0)
  }

  private mutating func beat(
    _ entry: RegistryEntry, of name: String, status: RegistryEntry.Status?, slot: Int, changes: [Change.RegistryChange],
    at now: Instant
  ) -> Update {
    var entry = entry
    let revived: [Change.RegistryChange] = entry.isAlive ? [] : [.revived]
    entry.isAlive = true
    entry.lastBeat = now
    entry.beats += 1
    if let status {
      entry.status = status
    } else if entry.status == .expired {
      entry.status = .unknown
    }
    size += growth(to: entry, of: name)
    entries[name] = entry
    isTouched = true
    return Update(entry: entry, slot: slot, due: now + Self.timeToLive(of: entry), changes: changes + revived)
  }

  /// A self-registered entry always has one.
  private static func timeToLive(of entry: RegistryEntry) -> Duration { entry.timeToLive ?? defaultTimeToLive }

  private mutating func insert(_ name: String) -> Int {
    let slot = free.popLast() ?? names.count
    if slot == names.count { names.append(name) } else { names[slot] = name }
    slots[name] = slot
    return slot
  }
}
