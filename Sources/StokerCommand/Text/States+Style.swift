// The words and styles of states and healths.

import Orchestration
import Stoker

extension Status {
  var style: TextStyle {
    switch self {
    case .running: .good
    case .starting, .stopping: .busy
    case .waiting, .backoff: .warning
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

/// The health of a service for readers: `healthy` of a service without a check means no more than that its process lives.
struct ShownHealth: Sendable, Equatable, CaseIterable {
  /// Each word once, in the order of sums.
  static let allCases =
    Orchestration.Health.allCases.map { ShownHealth(health: $0, isChecked: true) } + [ShownHealth(health: .healthy, isChecked: false)]

  /// The word for a service that is not checked.
  static let unchecked = "no check"

  let health: Orchestration.Health
  let isChecked: Bool

  /// Whether nothing is known but that it runs.
  var isBare: Bool { !isChecked && health == .healthy }

  var word: String { isBare ? Self.unchecked : health.rawValue }

  var style: TextStyle { isBare ? .plain : health.style }

  init(health: Orchestration.Health, isChecked: Bool) {
    self.health = health
    self.isChecked = isChecked
  }

  /// That of a row of `GET /services`, or of an answer of `GET /service/{name}/why`.
  init(_ service: JSON) {
    health = service["health"]?.string.flatMap(Orchestration.Health.init(rawValue:)) ?? .unknown
    isChecked = service["checked"]?.bool ?? true || service["status"]?.string == Orchestration.Status.completed.rawValue
  }

  /// The style of the service's state.
  func style(of status: Status) -> TextStyle { isBare && status == .running ? .plain : status.style }
}
