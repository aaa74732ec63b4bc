// One entry of the registry.

/// One name in the registry.
package struct RegistryEntry: Sendable, Equatable {
  /// The configured service that the entry belongs to; nil where it registered itself.
  package var service: ServiceID?
  /// The payload that it registered (JSON text, kept as it is); empty for configured services.
  package var payload: String
  /// Free text that groups entries in the statistics.
  package var type: String
  /// Without a beat for this long the entry counts as dead.
  package var timeToLive: Duration
  /// The last beat; nil before the first. Where Stoker beats (`beatInterval`) read it through `current(at:)`.
  package var lastBeat: Instant?
  /// Beats since the entry was made.
  package var beats: UInt64
  /// How often it expired.
  package var expirations: UInt64
  /// The status that it says of itself, or has.
  package var status: Status
  /// A beat came within the time to live.
  package var isAlive: Bool
  /// Stoker itself beats for it this often, since `lastBeat`; nil where the entry must beat for itself.
  package var beatInterval: Duration?
  /// Details of its last beat beside the status: JSON text.
  package var details: String?
  /// The health that the last beat of a configured service told; nil where it told none.
  package var said: Status?

  /// An entry's status in the registry.
  package enum Status: String, Sendable, CaseIterable {
    case healthy, degraded, unhealthy, unknown, expired, stopped
  }

  /// The entry as it is at `now`, with the beats that Stoker has made for it in the meantime: they need no timer.
  package func current(at now: Instant) -> RegistryEntry {
    guard let beatInterval, let lastBeat, now > lastBeat, beatInterval > .zero else { return self }
    let passed = (now.nanoseconds - lastBeat.nanoseconds) / beatInterval.wholeNanoseconds
    var entry = self
    entry.beats += UInt64(passed)
    entry.lastBeat = Instant(nanoseconds: lastBeat.nanoseconds + passed * beatInterval.wholeNanoseconds)
    return entry
  }
}
