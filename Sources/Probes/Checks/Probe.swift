// Kinds of health checks. Schedules and thresholds are elsewhere.

/// A health check of one kind with its settings. A `Prober` runs it.
package enum Probe: Sendable, Equatable {
  case http(HTTPProbe)
  case tcp(TCPProbe)
  case exec(ExecProbe)
  case file(FileProbe)
}
