// The families of services (docs/metrics.md), each with the one expression of its value.

import Exposition
import Orchestration
import Processes
import ServiceFile

/// A family with one series for each service, or none while the value does not exist.
struct ServiceFamily: Sendable {
  let family: Family
  let group: MetricsGroup?
  /// The kind of its counts, which have one start; nil for a gauge.
  let counts: CountStarts.Kind?
  let value: @Sendable (ServiceReading) -> Double?

  init(
    _ name: String, _ type: MetricType, _ help: String, counts: CountStarts.Kind = .kept,
    _ value: @escaping @Sendable (ServiceReading) -> Double?
  ) {
    family = Family(name: name, type: type, help: help)
    group = .of(name)
    self.counts = type == .counter ? counts : nil
    self.value = value
  }

  /// Families of states, restarts, ends and checks, in the order of the page.
  static let all: [ServiceFamily] = state + restarts + ends + checks

  private static let state = [
    ServiceFamily("stoker_service_up", .gauge, "Whether the service's process lives.") { $0.isUp ? 1 : 0 },
    ServiceFamily("stoker_service_ready", .gauge, "Whether the service's start is done.") { $0.view.isReady ? 1 : 0 },
    ServiceFamily("stoker_service_desired_up", .gauge, "Whether the service should be running.") { $0.view.isDesiredUp ? 1 : 0 },
    ServiceFamily("stoker_service_critical", .gauge, "Whether the service counts for readiness.") { $0.service.spec.isCritical ? 1 : 0 },
    ServiceFamily("stoker_service_start_time_seconds", .gauge, "Start of the present process, in seconds since 1970.") {
      $0.view.isAlive ? $0.view.runStarted.map($0.unixTime) : nil
    },
    ServiceFamily("stoker_service_layer", .gauge, "The service's layer in the dependency graph.") { Double($0.layer) },
    ServiceFamily("stoker_service_waiting_seconds", .gauge, "How long the service has waited for dependencies.") { reading in
      reading.view.status == .waiting ? reading.view.waitingSince.map { (reading.now - $0).inSeconds } ?? 0 : 0
    },
  ]

  private static let restarts = [
    ServiceFamily("stoker_service_restart_attempts", .gauge, "Consecutive automatic restarts, towards the limit.") {
      Double($0.view.attempts)
    },
    ServiceFamily("stoker_service_restart_limit", .gauge, "Consecutive automatic restarts before the service is given up.") {
      $0.service.spec.restart.maxAttempts.map(Double.init) ?? .infinity
    },
    ServiceFamily("stoker_service_restart_limit_reached", .gauge, "Whether the service was given up at its restart limit.") {
      $0.view.isLimitReached ? 1 : 0
    },
    ServiceFamily("stoker_service_last_restart_timestamp_seconds", .gauge, "Last restart, in seconds since 1970; 0 for never.") {
      $0.unixTime($0.view.lastRestart)
    },
    ServiceFamily("stoker_service_next_restart_timestamp_seconds", .gauge, "Next attempt, in seconds since 1970; 0 when none is due.") {
      $0.unixTime($0.view.nextAttempt)
    },
    ServiceFamily("stoker_service_backoff_seconds", .gauge, "Delay before the next attempt; 0 when none is due.") {
      $0.view.nextAttempt == nil ? 0 : $0.view.backoff?.inSeconds ?? 0
    },
  ]

  private static let ends = [
    ServiceFamily(
      "stoker_service_last_exit_code", .gauge, "Exit code of the last run that ended by itself; absent until one did."
    ) {
      $0.view.lastExit?.code.map(Double.init)
    },
    ServiceFamily(
      "stoker_service_last_exit_signal", .gauge, "Signal that ended the last run, 0 for none; absent until one ended."
    ) {
      let exit = $0.view.lastExit
      return exit?.code == nil ? exit?.signal.map(Double.init) : 0
    },
    ServiceFamily("stoker_service_last_exit_timestamp_seconds", .gauge, "End of the last run, in seconds since 1970.") {
      reading in
      reading.view.lastExitAt.map(reading.unixTime)
    },
    ServiceFamily("stoker_service_last_start_duration_seconds", .gauge, "How long the last start took.") {
      $0.view.lastStartDuration?.inSeconds
    },
    ServiceFamily("stoker_service_last_stop_duration_seconds", .gauge, "How long the last stop took.") {
      $0.view.lastStopDuration?.inSeconds
    },
    ServiceFamily("stoker_service_stop_kills_total", .counter, "Stops that ended in SIGKILL.") { Double($0.view.stopKills) },
    ServiceFamily("stoker_service_oom_kills_total", .counter, "Runs that the kernel ended for lack of memory.") {
      Double($0.view.exits[.oom])
    },
  ]

  private static let checks = [
    ServiceFamily("stoker_health_check_status", .gauge, "Whether the last health check passed.") {
      $0.view.lastCheckPassed.map { $0 ? 1 : 0 }
    },
    ServiceFamily(
      "stoker_health_check_consecutive_failures", .gauge, "Failed health checks in a row.", checked { Double($0.view.consecutiveFailures) }),
    ServiceFamily(
      "stoker_health_check_consecutive_successes", .gauge, "Passed health checks in a row.",
      checked { Double($0.view.consecutiveSuccesses) }),
    ServiceFamily("stoker_health_checks_total", .counter, "Health checks.", checked { Double($0.view.checks) }),
    ServiceFamily("stoker_health_check_failures_total", .counter, "Failed health checks.", checked { Double($0.view.checkFailures) }),
    ServiceFamily("stoker_health_check_interval_seconds", .gauge, "Time from one health check to the next.") {
      $0.service.spec.check?.interval.inSeconds
    },
    ServiceFamily("stoker_health_check_timeout_seconds", .gauge, "The longest a health check may take.") {
      $0.service.spec.check?.timeout.inSeconds
    },
    ServiceFamily("stoker_health_check_failure_threshold", .gauge, "Failed health checks in a row that make the service unhealthy.") {
      $0.service.spec.check.map { Double($0.failureThreshold) }
    },
    ServiceFamily("stoker_health_check_last_run_timestamp_seconds", .gauge, "Last health check, in seconds since 1970.") { reading in
      reading.view.lastCheckAt.map(reading.unixTime)
    },
  ]

  /// A value that only services with a check have.
  private static func checked(_ value: @escaping @Sendable (ServiceReading) -> Double) -> @Sendable (ServiceReading) -> Double? {
    { $0.service.spec.check == nil ? nil : value($0) }
  }

  /// Families of the resource usage of the process tree.
  static let usage = [
    ServiceFamily("stoker_service_resident_memory_bytes", .gauge, "Resident memory of the process tree.") {
      $0.usage.tree.map { Double($0.residentBytes) }
    },
    ServiceFamily("stoker_service_memory_limit_bytes", .gauge, "Memory that the service may use; absent where it is not bounded.") {
      $0.memoryLimit.map(Double.init)
    },
    ServiceFamily("stoker_service_virtual_memory_bytes", .gauge, "Virtual memory of the process tree.") {
      $0.usage.tree.map { Double($0.virtualBytes) }
    },
    ServiceFamily("stoker_service_open_fds", .gauge, "Open descriptors of the process nearest its limit.") {
      ($0.usage.tree?.descriptors?.open).map(Double.init)
    },
    ServiceFamily("stoker_service_max_fds", .gauge, "Descriptor limit of the process nearest it.") {
      ($0.usage.tree?.descriptors?.limit).map(Double.init)
    },
    ServiceFamily("stoker_service_threads", .gauge, "Threads of the process tree.") { ($0.usage.tree?.threads).map(Double.init) },
    ServiceFamily("stoker_service_processes", .gauge, "Processes of the process tree.") { ($0.usage.tree?.processes).map(Double.init) },
    ServiceFamily(
      "stoker_service_io_read_bytes_total", .counter, "Bytes that the process tree read from storage.", counts: .usage
    ) {
      $0.usage.knowsStorage ? Double($0.usage.readBytes) : nil
    },
    ServiceFamily(
      "stoker_service_io_write_bytes_total", .counter, "Bytes that the process tree wrote to storage.", counts: .usage
    ) {
      $0.usage.knowsStorage ? Double($0.usage.writtenBytes) : nil
    },
  ]
}
