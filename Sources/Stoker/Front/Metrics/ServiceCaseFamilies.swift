// The families of services with one series for each case of an enumeration: states, reasons, outcomes, streams.

import Exposition
import Orchestration
import Processes
import ServiceFile
import ServiceLogs

/// A family with a series for each service and each value of one more label.
struct ServiceCaseFamily: Sendable {
  let family: Family
  let group: MetricsGroup?
  /// The kind of its counts, which have one start; nil for a gauge.
  let counts: CountStarts.Kind?
  let label: String
  let cases: [String]
  /// The value of one case, by its position; nil while it does not exist.
  let value: @Sendable (ServiceReading, Int) -> Double?

  private init<Case: CaseIterable & RawRepresentable & Sendable>(
    _ name: String, _ type: MetricType, _ help: String, _ label: String, _: Case.Type,
    counts: CountStarts.Kind = .kept, _ value: @escaping @Sendable (ServiceReading, Case) -> Double?
  ) where Case.RawValue == String {
    family = Family(name: name, type: type, help: help)
    group = .of(name)
    self.counts = type == .counter ? counts : nil
    self.label = label
    let all = Array(Case.allCases)
    cases = all.map(\.rawValue)
    self.value = { value($0, all[$1]) }
  }

  /// Families of states, restarts, ends and logs, in the order of the page.
  static let all = [
    ServiceCaseFamily("stoker_service_state", .gauge, "1 for the present state, 0 for the others.", "state", Status.self) {
      $0.view.status == $1 ? 1 : 0
    },
    ServiceCaseFamily("stoker_service_health", .gauge, "1 for the present health, 0 for the others.", "status", Health.self) {
      $0.view.health == $1 ? 1 : 0
    },
    ServiceCaseFamily(
      "stoker_service_uptime_ratio", .gauge,
      "Share of the time that the service should have been up in which it was up and passed its checks, over the window.", "window",
      UptimeHistory.Window.self
    ) { $0.uptime($1)?.ratio },
    ServiceCaseFamily(
      "stoker_service_uptime_known_seconds", .gauge, "The time within the window that the uptime ratio is a share of.", "window",
      UptimeHistory.Window.self
    ) { $0.uptime($1)?.known.inSeconds },
    ServiceCaseFamily("stoker_service_restarts_total", .counter, "Restarts by their cause.", "reason", RestartReason.self) {
      Double($0.view.restarts[$1])
    },
    ServiceCaseFamily(
      "stoker_service_exits_total", .counter, "Ends of the main process by their outcome.", "outcome", ExitOutcome.self
    ) { Double($0.view.exits[$1]) },
    ServiceCaseFamily(
      "stoker_service_start_failures_total", .counter, "Starts that failed, by the stage that did.", "stage", StartStage.self
    ) { Double($0.view.startFailures[$1]) },
    ServiceCaseFamily(
      "stoker_service_reloads_total", .counter, "Reloads of the service by their outcome; absent where it has none.", "outcome",
      ReloadOutcome.self, counts: .usage
    ) { $0.service.spec.reload == nil ? nil : Double($0.view.reloads[$1]) },
    ServiceCaseFamily(
      "stoker_service_log_lines_total", .counter, "Lines written by the service.", "stream", LogStream.self, counts: .log
    ) {
      reading, stream in
      Double(reading.log?.counters[stream].lines ?? 0)
    },
    ServiceCaseFamily(
      "stoker_service_log_bytes_total", .counter, "Bytes written by the service.", "stream", LogStream.self, counts: .log
    ) {
      reading, stream in
      Double(reading.log?.counters[stream].bytes ?? 0)
    },
    ServiceCaseFamily(
      "stoker_service_log_dropped_bytes_total", .counter, "Bytes of the service's output that could not be kept.", "stream",
      LogStream.self, counts: .log
    ) { reading, stream in Double(reading.log?.counters[stream].droppedBytes ?? 0) },
  ]

  /// Families of the resource usage of the process tree.
  static let usage = [
    ServiceCaseFamily(
      "stoker_service_cpu_seconds_total", .counter, "CPU time of the process tree, over all runs.", "mode", CPUMode.self, counts: .usage
    ) { $0.usage.isHidden ? nil : $1 == .user ? $0.usage.userSeconds : $0.usage.systemSeconds }
  ]

  private enum CPUMode: String, CaseIterable {
    case user, system
  }
}
