// The families of the registry's entries: configured services, which always have one, and programs that registered themselves.

import Exposition
import Orchestration
import ServiceFile
import Synchronization

/// All families with a series for each entry.
final class RegistryCollector: Collector {
  let name = "registry"
  private let supervisor: any SupervisorQueries
  private let shown: Mutex<Shown>

  /// The values of the last collection.
  private struct Shown {
    /// Stoker's own heartbeats are derived from a snapshot that may be one change old, so a count could fall by one: then it keeps its
    /// value.
    var beats: [String: UInt64] = [:]
    /// The start of each count of a registered entry: the latest moment at which the entry did not exist.
    var starts: [String: Double] = [:]
    var at: Double
  }

  init(_ supervisor: any SupervisorQueries) {
    self.supervisor = supervisor
    shown = Mutex(Shown(at: supervisor.startedAt.seconds))
  }

  func collect(into page: inout PageWriter) {
    let published = supervisor.read().snapshot.registry
    let now = supervisor.clock.now
    let entries = published.sorted { $0.key < $1.key }.map {
      (name: $0.key, label: Labels(["name": $0.key]), entry: $0.value.current(at: now))
    }
    page.begin(Self.lastBeat)
    for (_, label, entry) in entries {
      if let beat = entry.lastBeat { page.sample(label, supervisor.clock.timestamp(beat).seconds) }
    }
    page.begin(Self.timeout)
    for (_, label, entry) in entries { page.sample(label, entry.timeToLive.inSeconds) }
    page.begin(Self.alive)
    for (_, label, entry) in entries { page.sample(label, entry.isAlive) }
    let starts = shown.withLock { shown in
      var next = Shown(at: UnixTime.now)
      page.begin(Self.beats)
      for (name, label, entry) in entries {
        next.beats[name] = max(shown.beats[name] ?? 0, entry.beats)
        if entry.service == nil { next.starts[name] = shown.starts[name] ?? shown.at }
        page.sample(label, Double(next.beats[name] ?? 0), exemplar: nil, since: next.starts[name])
      }
      shown = next
      return next.starts
    }
    page.begin(Self.expirations)
    for (name, label, entry) in entries { page.sample(label, Double(entry.expirations), exemplar: nil, since: starts[name]) }
  }

  private static let lastBeat = Family(
    name: "stoker_registry_last_heartbeat_timestamp_seconds", type: .gauge,
    help: "Last heartbeat, in seconds since 1970; absent before the first.")
  private static let timeout = Family(
    name: "stoker_registry_heartbeat_timeout_seconds", type: .gauge,
    help: "Without a heartbeat for this long the entry counts as dead.")
  private static let alive = Family(name: "stoker_registry_alive", type: .gauge, help: "Whether the entry is alive.")
  private static let beats = Family(name: "stoker_registry_heartbeats_total", type: .counter, help: "Heartbeats of the entry.")
  private static let expirations = Family(
    name: "stoker_registry_expirations_total", type: .counter, help: "Times that the entry expired.")
}
