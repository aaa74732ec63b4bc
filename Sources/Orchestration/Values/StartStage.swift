// Which part of a start failed.

/// Which part of a start failed: the label `stage` of `stoker_service_start_failures_total`.
package enum StartStage: String, Sendable, CaseIterable {
  case spawn, hook, ready
}
