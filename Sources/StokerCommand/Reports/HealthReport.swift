// The report of `stoker health`: the node's health, and the reason for each service that is not healthy.

import Orchestration
import Stoker

/// An answer of `GET /health` for a reader.
struct HealthReport {
  private let composite: Health
  private let services: [JSON.Member]
  /// Stoker's own troubles.
  private let troubles: [String]

  init(_ answer: JSON) {
    composite = answer["composite_health"]?.string.flatMap(Health.init(rawValue:)) ?? .unknown
    services = answer["services"]?.members ?? []
    troubles = (answer["troubles"]?.array ?? []).compactMap { $0["sentence"]?.string }
  }

  /// A service's health; nil where there is no such service.
  func health(of name: String) -> Health? {
    services.first { $0.name == name }.map { Self.health($0.value) }
  }

  /// The worst health of the services named, ranked as for the node: unhealthy, degraded, unknown, healthy. Without names, the node's.
  func worst(of names: [String]) -> Health {
    guard !names.isEmpty else { return composite }
    let present = names.compactMap(health(of:))
    return [Health.unhealthy, .degraded, .unknown].first(where: present.contains) ?? .healthy
  }

  /// The node's health, the services that are not well, and Stoker's own troubles; with names, a line for each.
  func lines(_ names: [String]) -> [String] {
    guard names.isEmpty else {
      return Table(rows: names.compactMap { name in services.first { $0.name == name }.map(Self.row) }).lines()
    }
    let unwell = services.filter { [.unhealthy, .degraded].contains(Self.health($0.value)) }
    return [composite.rawValue] + Table(rows: unwell.map { ["  \($0.name)"] + Self.row($0).dropFirst() }).lines()
      + troubles.map { "Stoker: \($0)" }
  }

  private static func health(_ service: JSON) -> Health {
    service["status"]?.string.flatMap(Health.init(rawValue:)) ?? .unknown
  }

  private static func row(_ member: JSON.Member) -> [String] {
    let health = health(member.value)
    let failures = member.value["consecutive_failures"]?.number.map(Int.init) ?? 0
    let count = failures > 0 ? "\(failures) failed \(failures == 1 ? "check" : "checks in a row")" : nil
    let check = member.value["last_check"]
    let message = check?["passed"]?.bool == false ? check?["message"]?.string : nil
    // A service that should be up and has no process is unhealthy, regardless of its checks (rule 3); one that has completed is healthy.
    let status = member.value["service_status"]?.string.flatMap(Status.init(rawValue:)) ?? .running
    let state = status == .running ? nil : status.rawValue
    let isBare = ShownHealth(health: health, isChecked: member.value["checked"]?.bool ?? true).isBare
    let reason: String? =
      switch health {
      case .healthy: state ?? (isBare ? ShownHealth.unchecked : nil)
      case .unknown: state
      case .degraded, .unhealthy: count == nil && message == nil ? state : [count, message].compactMap(\.self).joined(separator: ": ")
      }
    return [member.name, health.rawValue, reason ?? ""]
  }
}
