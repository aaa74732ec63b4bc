// The announcement of the full stop: to the log, to subscribers, and to the program around the supervisor.

import Logging
import Orchestration

/// Says once that the full stop has begun, and why.
struct StopAnnouncement {
  private let didBegin: (@Sendable (Origin) -> Void)?
  private var isMade = false

  init(didBegin: (@Sendable (Origin) -> Void)?) {
    self.didBegin = didBegin
  }

  /// Makes the announcement, unless it was made. The program reports its own requests, and those of signals.
  mutating func make(_ origin: Origin, to reporter: inout ChangeReporter) {
    guard !isMade else { return }
    isMade = true
    let sentence = origin.ending.map { "\($0.reason): stopping everything" } ?? "stopping everything, \(origin.request)"
    switch origin {
    case .signal, .program, .boot: break
    case .commandLine, .api, .ending, .earlier: reporter.logger.notice("\(sentence)")
    }
    reporter.reportToSubscribers(LiveEvent(at: .now, what: .stopping(cause: origin.request), message: Sentence(sentence)))
    didBegin?(origin)
  }
}

extension StopReport {
  /// The event for subscribers.
  func event(_ names: (ServiceID) -> String) -> LiveEvent {
    let (killed, leftOver) = (killed.map(names), leftOver.map(names))
    let ended = killed.filter { !leftOver.contains($0) }
    let sentence =
      (leftOver.isEmpty ? "everything has stopped" : "everything has stopped but \(leftOver.joined(separator: ", "))")
      + (ended.isEmpty ? "" : "; had to be killed: \(ended.joined(separator: ", "))")
    return LiveEvent(at: .now, what: .stopped(killed: killed, leftOver: leftOver, exitCode: exitCode), message: Sentence(sentence))
  }
}
