// An event as clients of /events receive it.

import Orchestration

/// One change of state, health or registry, of the node or of its services.
struct LiveEvent: Sendable {
  /// The time of the change.
  var at: Timestamp
  /// The service, or the registry's entry; nil for a change of the node.
  var service: String?
  var what: What
  /// One sentence for people.
  var message: Sentence
  /// For an event of state, health or a last error: why the service is in its state at the time of publication.
  var diagnosis: Diagnosis?

  enum What: Sendable {
    case status(from: Status, to: Status, run: UInt64, cause: Sentence, pid: Int32?, nextAttempt: Timestamp?)
    case health(from: Health, to: Health)
    case restarted(run: UInt64, reason: RestartReason, attempt: Int, cause: Sentence)
    /// The last line of a run that failed was read; its end came before.
    case lastError(run: UInt64, Sentence)
    case gaveUp(attempts: Int)
    case leftOver(run: UInt64)
    /// A reload of the service is over, or a check has kept its restart from happening.
    case serviceReloaded(run: UInt64, ReloadPurpose, ReloadRecord)
    case signalled(run: UInt64, SignalRecord)
    case registry(Change.RegistryChange)
    case composite(from: Health, to: Health)
    case initialized
    case ready(Bool)
    /// The full stop begins.
    case stopping(cause: String)
    /// The full stop is over; the exit code is that of `stoker run`.
    case stopped(killed: [String], leftOver: [String], exitCode: Int32)
    /// Other services: the number of the service file that was put in place.
    case reloaded(generation: Int)
  }
}

extension LiveEvent {
  /// Whether a sentence of it quotes output of the service.
  var quotesOutput: Bool {
    let cause: Sentence? =
      switch what {
      case .status(_, _, _, let cause, _, _), .restarted(_, _, _, let cause), .lastError(_, let cause): cause
      case .serviceReloaded(_, _, let record): record.reason
      case .health, .gaveUp, .leftOver, .signalled, .registry, .composite, .initialized, .ready, .stopping, .stopped, .reloaded: nil
      }
    return [message, cause, diagnosis?.note, diagnosis?.rootCause?.sentence].contains { $0?.quotesOutput == true }
  }
}
