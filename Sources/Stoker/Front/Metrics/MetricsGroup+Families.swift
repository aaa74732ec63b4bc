// The families of each group that `stoker.metrics.exclude` leaves out (docs/metrics.md, "How many series").

import ServiceFile

extension MetricsGroup {
  /// The families of the group, by their names in the text format.
  package var families: [String] {
    switch self {
    case .io: ["stoker_service_io_read_bytes_total", "stoker_service_io_write_bytes_total"]
    case .log: ["stoker_service_log_lines_total", "stoker_service_log_bytes_total"]
    case .exits:
      [
        "stoker_service_exits_total", "stoker_service_last_exit_code", "stoker_service_last_exit_signal",
        "stoker_service_last_exit_timestamp_seconds",
      ]
    case .histograms:
      ["stoker_health_check_duration_seconds", "stoker_service_start_duration_seconds", "stoker_service_stop_duration_seconds"]
    case .registry:
      [
        "stoker_registry_last_heartbeat_timestamp_seconds", "stoker_registry_heartbeat_timeout_seconds", "stoker_registry_alive",
        "stoker_registry_heartbeats_total", "stoker_registry_expirations_total", "stoker_registry_services", "stoker_registry_size_bytes",
        "stoker_registry_size_limit_bytes",
      ]
    case .dependencies: ["stoker_service_dependency_ready"]
    case .stateSeconds: ["stoker_service_state_seconds_total"]
    }
  }

  /// The group of a family, or nil for one that is always there.
  static func of(_ family: String) -> MetricsGroup? { groups[family] }

  private static let groups = Dictionary(uniqueKeysWithValues: allCases.flatMap { group in group.families.map { ($0, group) } })
}
