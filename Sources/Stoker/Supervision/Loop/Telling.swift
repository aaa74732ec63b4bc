// The voice of the supervisor: a line of the log at once, and an event for those who follow when it can be read.

import Logging
import Orchestration

/// The log, the event log, and the events of the present batch of inputs.
struct Telling {
  let logger: Logger
  private let events: EventLog
  private var batch: [LiveEvent] = []

  init(logger: Logger, events: EventLog) {
    self.logger = logger
    self.events = events
  }

  /// Says what has happened: its message is a line of the log, too.
  mutating func tell(_ event: LiveEvent, _ level: Logger.Level) {
    logger.log(level: level, "\(event.message)")
    follow(event)
  }

  /// Tells followers alone.
  mutating func follow(_ event: LiveEvent) {
    batch.append(event)
  }

  /// The batch is published: a reader who is told of it finds it, with the same diagnosis.
  mutating func published(_ publication: Publication, _ clock: SupervisorClock) {
    events.append(batch.diagnosed(in: publication.read(), at: clock.now, clock))
    batch.removeAll()
  }
}

extension Status {
  /// A state that a person has to act on is an error, one that mends itself a warning.
  var logLevel: Logger.Level {
    switch self {
    case .failed: .error
    case .backoff: .warning
    case .stopped, .waiting, .starting, .running, .stopping, .completed: .info
    }
  }
}

extension Health {
  /// Trouble is a warning; what nobody knows is not worth a line.
  var logLevel: Logger.Level {
    switch self {
    case .degraded, .unhealthy: .warning
    case .healthy: .info
    case .unknown: .debug
    }
  }
}
