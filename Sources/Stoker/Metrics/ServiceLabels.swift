// The labels of all series of services, rendered once.

import Exposition
import Orchestration

/// Labels by the service's index.
struct ServiceLabels: Sendable {
  /// `name="…"`.
  let names: [Labels]
  /// By the family, then the service, then the case.
  let cases: [[[Labels]]]
  let info: [Labels]
  /// By the service, one for each of its dependencies.
  let edges: [[Labels]]

  init(_ services: [Service], _ families: [ServiceCaseFamily]) {
    let names = services.map { Labels(["name": $0.name]) }
    self.names = names
    cases = families.map { family in
      names.map { name in family.cases.map { name.adding(family.label, $0) } }
    }
    info = services.map { service in
      Labels([
        "name": service.name, "kind": service.spec.kind.rawValue, "type": service.type, "version": service.version ?? "",
        "restart_policy": service.spec.restart.rule.rawValue,
      ])
    }
    edges = services.map { service in
      service.spec.dependencies.map { dependency in
        Labels([
          "name": service.name, "depends_on": services[dependency.service.index].name,
          "kind": dependency.isOptional ? "optional" : "required",
        ])
      }
    }
  }
}
