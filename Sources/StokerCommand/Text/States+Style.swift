// The words and styles of states and healths.

import Orchestration
import Stoker

extension Status {
  var style: TextStyle {
    switch self {
    case .running: .good
    case .starting, .stopping, .waiting: .busy
    case .backoff: .warning
    case .failed: .bad
    case .stopped, .completed: .faint
    }
  }
}

extension Orchestration.Health {
  var style: TextStyle {
    switch self {
    case .healthy: .good
    case .degraded: .warning
    case .unhealthy: .bad
    case .unknown: .faint
    }
  }
}

/// The health of a service for readers: `healthy` of a service without a check means no more than that its process lives, and
/// `unhealthy` of one that is held up by another no more than that it does not run.
struct ShownHealth: Sendable, Equatable, CaseIterable {
  /// Each word once, in the order of sums.
  static let allCases =
    Orchestration.Health.allCases.map { ShownHealth(health: $0, isChecked: true) }
    + [ShownHealth(health: .healthy, isChecked: false), ShownHealth(health: .unhealthy, isChecked: true, isHeldUp: true)]

  /// The word for a service that is not checked.
  static let unchecked = "no check"

  let health: Orchestration.Health
  let isChecked: Bool
  /// Whether all that its health says is that it does not run, and another service keeps it from that.
  var isHeldUp = false

  /// Whether nothing is known but that it runs.
  var isBare: Bool { !isChecked && health == .healthy }

  var word: String { isHeldUp ? "not running" : isBare ? Self.unchecked : health.rawValue }

  /// Its word, or a dash where that says nothing about its health.
  var column: String { isBare || isHeldUp ? "-" : word }

  var style: TextStyle { isHeldUp ? .faint : isBare ? .plain : health.style }

  init(health: Orchestration.Health, isChecked: Bool, isHeldUp: Bool = false) {
    self.health = health
    self.isChecked = isChecked
    self.isHeldUp = isHeldUp
  }

  /// That of a row of `GET /services`, or of an answer of `GET /service/{name}/why`.
  init(_ service: JSON) {
    self.init(
      health: service["health"]?.string.flatMap(Orchestration.Health.init(rawValue:)) ?? .unknown,
      isChecked: service["checked"]?.bool ?? true || service["status"]?.string == Status.completed.rawValue,
      isHeldUp: service["held_up"]?.bool ?? false)
  }

  /// The style of the service's state.
  func style(of status: Status) -> TextStyle { isBare && status == .running ? .plain : status.style }
}
