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

  /// The heartbeats of the last collection. Stoker's own are derived from a snapshot that may be one change old, so a count could fall by
  /// one: then it keeps its value. An entry that was made anew counts from 0.
  private struct Shown {
    var beats: [String: (count: UInt64, since: Double)] = [:]
  }

  init(_ supervisor: any SupervisorQueries) {
    self.supervisor = supervisor
    shown = Mutex(Shown())
  }

  func collect(into page: inout PageWriter) {
    let published = supervisor.read()
    let (now, wallTime) = (supervisor.clock.now, Timestamp.now)
    let entries = published.snapshot.registry.sorted { $0.key < $1.key }.map {
      (name: $0.key, label: Labels(["name": $0.key]), entry: $0.value.current(at: now))
    }
    let starts = entries.map { _, _, entry in
      if let service = entry.service { return published.services[service.index].starts.usage.time(at: wallTime).seconds }
      return min(wallTime, entry.madeAt.map(supervisor.clock.timestamp) ?? supervisor.startedAt).seconds
    }
    page.begin(Self.lastBeat)
    for (_, label, entry) in entries {
      if let beat = entry.lastBeat { page.sample(label, supervisor.clock.timestamp(beat).seconds) }
    }
    page.begin(Self.timeout)
    for (_, label, entry) in entries { page.sample(label, entry.timeToLive?.inSeconds ?? .infinity) }
    page.begin(Self.alive)
    for (_, label, entry) in entries { page.sample(label, entry.isAlive) }
    page.begin(Self.beats)
    shown.withLock { shown in
      var next = Shown()
      for ((name, label, entry), start) in zip(entries, starts) {
        let known = shown.beats[name].flatMap { $0.since == start ? $0.count : nil } ?? 0
        let beats = max(known, entry.beats)
        next.beats[name] = (beats, start)
        page.sample(label, Double(beats), exemplar: nil, since: start)
      }
      shown = next
    }
    page.begin(Self.expirations)
    for ((_, label, entry), start) in zip(entries, starts) { page.sample(label, Double(entry.expirations), exemplar: nil, since: start) }
  }

  private static let lastBeat = Family(
    name: "stoker_registry_last_heartbeat_timestamp_seconds", type: .gauge,
    help: "Last heartbeat, in seconds since 1970; absent before the first.")
  private static let timeout = Family(
    name: "stoker_registry_heartbeat_timeout_seconds", type: .gauge,
    help: "Without a heartbeat for this long the entry expires; +Inf where nobody asked for heartbeats.")
  private static let alive = Family(name: "stoker_registry_alive", type: .gauge, help: "Whether the entry is alive.")
  private static let beats = Family(name: "stoker_registry_heartbeats_total", type: .counter, help: "Heartbeats of the entry.")
  private static let expirations = Family(
    name: "stoker_registry_expirations_total", type: .counter, help: "Times that the entry expired.")
}
