// Why a restart was made.

/// Why a restart was made: the label `reason` of `stoker_service_restarts_total`.
package enum RestartReason: String, Sendable, CaseIterable {
  case exit, signal, oom, unhealthy, watchdog
  case startFailed = "start_failed"
  case startTimeout = "start_timeout"
  case dependency, manual, reload
}
