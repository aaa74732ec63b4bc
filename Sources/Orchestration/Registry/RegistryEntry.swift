// One entry of the registry.

/// One name in the registry.
package struct RegistryEntry: Sendable, Equatable {
  /// The configured service that the entry belongs to; nil for a self-registered entry.
  package var service: ServiceID?
  /// The payload that it registered (JSON text, unchanged); empty for configured services.
  package var payload: String
  /// The type: free text that groups entries in the statistics.
  package var type: String
  /// The moment at which it registered; nil for a configured service.
  package var madeAt: Instant?
  /// The time without a beat after which the entry expires; nil: never, since nobody asked for beats.
  package var timeToLive: Duration?
  /// The moment of the last beat; nil before the first. If Stoker beats for it (`beatInterval`), read it through
  /// `current(at:)`.
  package var lastBeat: Instant?
  /// The number of beats since the entry was made.
  package var beats: UInt64
  /// The number of times that it expired.
  package var expirations: UInt64
  /// The status that it reports, or has.
  package var status: Status
  /// Whether a beat came within the time to live; without one, whether it runs.
  package var isAlive: Bool
  /// The interval at which Stoker beats for it, since `lastBeat`; nil if the entry must beat for itself.
  package var beatInterval: Duration?
  /// The details of its last beat, as JSON text.
  package var details: String?
  /// The status that the last beat of a configured service reported; nil if it reported none.
  package var reported: Status?

  /// The status of an entry.
  package enum Status: String, Sendable, CaseIterable {
    case healthy, degraded, unhealthy, unknown, expired, stopped
  }

  /// The entry at `now`, with the beats that Stoker has made for it in the meantime, which need no timer.
  package func current(at now: Instant) -> RegistryEntry {
    guard let beatInterval, let lastBeat, now > lastBeat, beatInterval > .zero else { return self }
    let passed = (now.nanoseconds - lastBeat.nanoseconds) / beatInterval.wholeNanoseconds
    var entry = self
    entry.beats += UInt64(passed)
    entry.lastBeat = Instant(nanoseconds: lastBeat.nanoseconds + passed * beatInterval.wholeNanoseconds)
    return entry
  }
}
