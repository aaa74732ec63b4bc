// One event of a running Stoker, and the line that people read of it.

import Orchestration
import Stoker

/// What happened: a change of a service, of the node, or of the service file.
struct ServiceEvent: Sendable, Equatable {
  var kind: String
  private let fields: JSON

  /// Nil for what is not JSON.
  init?(_ message: EventStreamParser.Message) {
    guard let fields = try? JSON(parsing: Array(message.data.utf8)) else { return nil }
    kind = message.kind
    self.fields = fields
  }

  var service: String? { fields["service"]?.string }
  var message: String { fields["message"]?.string ?? kind }
  var to: String? { fields["to"]?.string }
  /// The note beside its service, now that it has happened.
  var note: String? { fields["note"]?.string }
  var isReady: Bool? { fields["is_ready"]?.bool }
  var pid: Int? { fields["pid"]?.number.map { Int($0) } }
  /// Seconds since 1970.
  var at: Double? { fields["at"]?.string.flatMap(Age.seconds(rfc3339:)) }
  var nextAttempt: Double? { fields["next_attempt"]?.string.flatMap(Age.seconds(rfc3339:)) }

  /// Only a new reading tells how things are now.
  var asksForReading: Bool { ["hello", "reset", "reloaded"].contains(kind) }

  var ink: Ink {
    switch kind {
    case "gave_up", "left_over": return .bad
    case "restarted": return .busy
    case "reset": return .warning
    case "status": return to.flatMap(Status.init(rawValue:))?.ink ?? .plain
    case "health", "composite": return to.flatMap(Orchestration.Health.init(rawValue:))?.ink ?? .plain
    case "hello", "registry": return .faint
    default: return .plain
    }
  }

  /// `21:14:03.123  betanet: restarts in 2 s (killed by SIGKILL)`
  func line(clock: (Double) -> String) -> StyledText {
    var line = StyledText(at.map(clock) ?? "--:--:--.---", .faint)
    line.append("  ")
    if let service, message.hasPrefix(service) {
      // The name in bold, and what happened to it in its colour.
      line.append(service, .strong)
      line.append(String(message.dropFirst(service.count)), ink)
    } else {
      line.append(message, ink)
    }
    return line
  }
}

extension Status {
  /// How a state looks.
  var ink: Ink {
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
  /// How a health looks.
  var ink: Ink {
    switch self {
    case .healthy: .good
    case .degraded: .warning
    case .unhealthy: .bad
    case .unknown: .faint
    }
  }
}
