// How a run ended, for the counters.

/// How a run ended: the label `outcome` of `stoker_service_exits_total`.
package enum ExitOutcome: String, Sendable, CaseIterable {
  case success, failure, signal, oom
}
