// The words for what a service is doing and how it is: the same in the API, in metrics, in events and in the core.

/// What a service is doing (http-api.md, `status`).
public enum Status: String, Sendable, CaseIterable {
  /// Not running, and nobody wants it to.
  case stopped
  /// Should run, and waits for a dependency.
  case waiting
  /// Its start is under way.
  case starting
  /// Its start is done and it lives.
  case running
  /// Waits for the next attempt.
  case backoff
  /// Its end is under way.
  case stopping
  /// Ended cleanly and is not wanted again.
  case completed
  /// Given up; no process (rule 11).
  case failed
}

/// How a service is (behaviour.md, Health).
public enum Health: String, Sendable, CaseIterable {
  case healthy, degraded, unhealthy, unknown
}

/// Why a restart was made: the label `reason` of `stoker_service_restarts_total`.
public enum RestartReason: String, Sendable, CaseIterable {
  case exit, signal, oom, unhealthy, watchdog
  case startFailed = "start_failed"
  case startTimeout = "start_timeout"
  case dependency, manual, reload
}

/// How a run ended: the label `outcome` of `stoker_service_exits_total`.
public enum ExitOutcome: String, Sendable, CaseIterable {
  case success, failure, signal, oom
}

/// Which part of a start failed: the label `stage` of `stoker_service_start_failures_total`.
public enum StartStage: String, Sendable, CaseIterable {
  case spawn, hook, ready
}

/// Who asked for a change (rule 27).
public enum Origin: Hashable, Sendable {
  /// The service file, at the start of Stoker.
  case boot
  /// The command line, over the control socket or loopback.
  case commandLine(peer: String)
  /// The HTTP interface.
  case api(peer: String)
  /// A signal to Stoker itself.
  case signal(String)
  /// The embedding program.
  case program
}
