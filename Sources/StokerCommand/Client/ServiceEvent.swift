// One event of a running Stoker, and its line for a reader.

import Orchestration
import Stoker

/// A change of a service, of the node, or of the service file.
struct ServiceEvent: Sendable, Equatable {
  var kind: String
  private let fields: JSON

  /// Nil where the data is not JSON.
  init?(_ message: EventStreamParser.Message) {
    guard let fields = try? JSON(parsing: Array(message.data.utf8)) else { return nil }
    kind = message.kind
    self.fields = fields
  }

  var service: String? { fields["service"]?.string }
  var message: String { fields["message"]?.string ?? kind }
  var to: String? { fields["to"]?.string }
  /// The note of its service after the event.
  var note: String? { fields["note"]?.string }
  /// The root cause of its state after the event.
  var root: Note.Root? { Note.Root(fields["root_cause"]) }
  var isReady: Bool? { fields["is_ready"]?.bool }
  var pid: Int? { fields["pid"]?.number.map { Int($0) } }
  /// Seconds since 1970.
  var at: Double? { fields["at"]?.string.flatMap(Age.seconds(rfc3339:)) }
  var nextAttempt: Double? { fields["next_attempt"]?.string.flatMap(Age.seconds(rfc3339:)) }

  /// Whether the services have to be read again: the event does not carry their new states.
  var asksForReading: Bool { ["hello", "reset", "reloaded"].contains(kind) }

  var style: TextStyle {
    switch kind {
    case "gave_up", "left_over", "last_error": return .bad
    case "restarted": return .busy
    case "reset": return .warning
    case "status": return to.flatMap(Status.init(rawValue:))?.style ?? .plain
    case "health", "composite": return to.flatMap(Orchestration.Health.init(rawValue:))?.style ?? .plain
    case "hello", "registry": return .faint
    default: return .plain
    }
  }

  /// `21:14:03.123  betanet: restarts in 2 s (killed by SIGKILL)`
  func line(clock: (Double) -> String) -> StyledText {
    var line = StyledText(time(clock), .faint)
    line.append("  ")
    if let service, message.hasPrefix(service) {
      // The name in bold, and the change in its colour.
      line.append(service, .strong)
      line.append(String(message.dropFirst(service.count)), style)
    } else {
      line.append(message, style)
    }
    return line
  }

  /// The same with the message as it is.
  func rawLine(clock: (Double) -> String) -> String {
    "\(time(clock))  \(message)"
  }

  private func time(_ clock: (Double) -> String) -> String {
    at.map(clock) ?? "--:--:--.---"
  }
}
