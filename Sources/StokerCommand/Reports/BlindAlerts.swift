// Alerts that a service file makes blind.

import ServiceFile
import Shipped
import Stoker

enum BlindAlerts {
  /// A sentence for each excluded group of metrics that an alert cannot do without.
  static func warnings(without excluded: Set<MetricsGroup>) -> [String] {
    guard !excluded.isEmpty else { return [] }
    let rules = AlertRules()
    return MetricsGroup.allCases.filter(excluded.contains).compactMap { group in
      let alerts = rules.alerts(needing: group.families)
      guard !alerts.isEmpty else { return nil }
      return "stoker.metrics.exclude: without the group '\(group.rawValue)' \(Phrase.list(alerts)) can never fire"
    }
  }
}
