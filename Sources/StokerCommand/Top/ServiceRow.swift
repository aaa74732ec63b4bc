// One service as a row of the live table.

import Orchestration

struct ServiceRow: Sendable, Equatable {
  var name: String
  var status: Orchestration.Status
  var health: Orchestration.Health
  var isChecked = true
  var isHeldUp = false
  /// Seconds since 1970, as all times here.
  var since: Double?
  var restarts = 0
  var attempts = 0
  var nextAttempt: Double?
  var isEnabled = true
  var kind = "process"
  var pid: Int?
  var layer: Int?
  var cpuSeconds: Double?
  var memory: Double?
  /// The processor time that it uses, in percent of one processor; nil before the second reading.
  var load: Double?
  /// The note that Stoker gives, a clause.
  var note: String
  /// The service at which the chain of reasons ends; nil if nothing holds it up.
  var root: Note.Root?

  init(name: String, _ service: ServicesAnswer.Service) {
    self.name = name
    status = Orchestration.Status(rawValue: service.status) ?? .stopped
    health = Orchestration.Health(rawValue: service.health) ?? .unknown
    isChecked = service.checked ?? true
    isHeldUp = service.heldUp ?? false
    since = service.since.flatMap(Age.seconds(rfc3339:))
    restarts = service.restartCount ?? 0
    attempts = service.restartAttempts ?? 0
    nextAttempt = service.nextAttempt.flatMap(Age.seconds(rfc3339:))
    note = service.note ?? ""
    root = service.rootCause.map { Note.Root(name: $0.name, sentence: $0.sentence) }
    isEnabled = service.enabled ?? true
    kind = service.kind ?? "process"
    pid = service.pid
    layer = service.layer
    cpuSeconds = service.cpuSeconds
    memory = service.memoryBytes
  }

  /// Whether it runs after several restarts that still count, and so may fall again.
  var isRecovering: Bool { status == .running && attempts > 1 }

  /// Whether somebody may have to act.
  var isTroubled: Bool {
    switch status {
    case .failed, .backoff, .waiting, .starting, .stopping: true
    case .running: health == .unhealthy || health == .degraded || isRecovering
    case .stopped, .completed: false
    }
  }

  /// The order of trouble: the worst is least.
  var rank: Int {
    switch (status, health) {
    case (.failed, _): 0
    case (.backoff, _): 1
    case (.running, .unhealthy): 2
    case (.running, .degraded): 3
    case (.running, _) where isRecovering: 4
    case (.waiting, _): 5
    case (.starting, _): 6
    case (.stopping, _): 7
    case (.running, .unknown): 8
    case (.running, .healthy): 9
    case (.completed, _): 10
    case (.stopped, _): 11
    }
  }

  var shown: ShownHealth { ShownHealth(health: health, isChecked: isChecked || status == .completed, isHeldUp: isHeldUp) }

  /// A mark of one letter for its state and health.
  var mark: (text: String, style: TextStyle) {
    switch (status, health) {
    case (.failed, _): ("✖", .bad)
    case (.backoff, _): ("↻", .warning)
    case (.waiting, _): ("…", .busy)
    case (.starting, _): ("▲", .busy)
    case (.stopping, _): ("▼", .busy)
    case (.running, .unhealthy): ("●", .bad)
    case (.running, .degraded): ("●", .warning)
    case (.running, _) where isRecovering: ("●", .warning)
    case (.running, .unknown), (.running, .healthy): ("●", shown.style(of: status))
    case (.completed, _): ("✓", .faint)
    case (.stopped, _): ("○", .faint)
    }
  }

  /// The note; in back-off, the time of the next attempt precedes it.
  func note(now: Double) -> String {
    guard status == .backoff else { return note }
    let next = nextAttempt.map { "restarts \(Age.until($0 - now))" }
    return [next, note.isEmpty ? nil : note].compactMap(\.self).joined(separator: ": ")
  }
}
