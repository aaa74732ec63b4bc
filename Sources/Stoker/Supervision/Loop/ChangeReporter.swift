// Reports changes: at once as a line of the log, and as an event for subscribers when the change is published.

import Logging
import Orchestration
import ServiceFile

/// The log, the event log, and the events of the present batch of inputs.
struct ChangeReporter {
  let logger: Logger
  private let events: EventLog
  private var batch: [LiveEvent] = []

  init(logger: Logger, events: EventLog) {
    self.logger = logger
    self.events = events
  }

  /// Reports a change to the log and to subscribers.
  mutating func report(_ event: LiveEvent, _ level: Logger.Level) {
    logger.log(level: level, "\(event.message.full)", metadata: event.logCause)
    reportToSubscribers(event)
  }

  /// Reports a change to subscribers alone.
  mutating func reportToSubscribers(_ event: LiveEvent) {
    batch.append(event)
  }

  /// Reports the changes of a reload to the log; subscribers get one event for all of them.
  func report(_ diff: ServiceFileDiff, by origin: Origin) {
    guard !diff.isEmpty else { return logger.info("the service file was reloaded: nothing has changed (\(origin.text))") }
    logger.notice("the service file was reloaded (\(origin.text))")
    for change in diff.services where change.action != .unchanged { logger.info("\(change.sentence)") }
    for change in diff.supervisor where !change.isLive {
      logger.warning("\(change.key) has changed: that takes effect at the next start of Stoker")
    }
  }

  /// Hands the batch to the event log once it is published: a subscriber finds the same state and the same diagnosis in the API.
  mutating func published(_ publication: Publication, _ clock: SupervisorClock) {
    events.append(batch.diagnosed(in: publication.read(), at: clock.now, clock))
    batch.removeAll()
  }
}

extension LiveEvent {
  /// The cause of its log line. A client chooses the names of the registry: they are no part of it.
  fileprivate var logCause: Logger.Metadata? {
    switch what {
    case .status(_, let to, _, _, _, _): LogCause.metadata(to.rawValue, service ?? "")
    case .health(_, let to): LogCause.metadata(to.rawValue, service ?? "")
    case .restarted: LogCause.metadata("restarted", service ?? "")
    case .registry(let change): LogCause.metadata(change.rawValue, "registry")
    case .composite(_, let to): LogCause.metadata(to.rawValue, "node")
    case .ready(let isReady): LogCause.metadata(isReady ? "ready" : "not ready", "node")
    case .serviceReloaded(_, let purpose, _): LogCause.metadata(purpose == .reload ? "reloaded" : "restart refused", service ?? "")
    case .signalled: LogCause.metadata("signalled", service ?? "")
    case .lastError, .gaveUp, .leftOver, .initialized, .stopping, .stopped, .reloaded: nil
    }
  }
}

extension Status {
  /// Error for a state that needs a person, warning for one that mends itself.
  var logLevel: Logger.Level {
    switch self {
    case .failed: .error
    case .backoff: .warning
    case .stopped, .waiting, .starting, .running, .stopping, .completed: .info
    }
  }
}

extension Health {
  /// Warning for trouble; an unknown health is not worth a line.
  var logLevel: Logger.Level {
    switch self {
    case .degraded, .unhealthy: .warning
    case .healthy: .info
    case .unknown: .debug
    }
  }
}
