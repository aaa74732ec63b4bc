// An answer of `GET /dependencies`: the services that a restart, a stop or a start also affects.

import Orchestration
import Stoker

/// The dependencies of all services, by name.
struct DependenciesAnswer: Sendable, Equatable {
  struct Service: Sendable, Equatable {
    var required: [String] = []
    var optional: [String] = []
    var dependents: [String] = []
  }

  private(set) var services: [String: Service] = [:]

  init(_ answer: JSON) {
    func names(_ value: JSON?) -> [String] { (value?.array ?? []).compactMap(\.string) }
    for member in answer["dependencies"]?.members ?? [] {
      services[member.name] = Service(
        required: names(member.value["dependencies"]), optional: names(member.value["optional_dependencies"]),
        dependents: names(member.value["dependents"]))
    }
  }

  init() {}

  /// The services that require `name`, directly or through others, in the order they are found.
  func requiring(_ name: String) -> [String] {
    walk(from: name) { current in (services[current]?.dependents ?? []).filter { services[$0]?.required.contains(current) == true } }
  }

  /// The services with an optional dependency on `name`.
  func using(_ name: String) -> [String] {
    (services[name]?.dependents ?? []).filter { services[$0]?.optional.contains(name) == true }
  }

  /// The services that `name` requires, directly or through others.
  func required(by name: String) -> [String] {
    walk(from: name) { services[$0]?.required ?? [] }
  }

  private func walk(from name: String, next: (String) -> [String]) -> [String] {
    var found: [String] = []
    var seen: Set = [name]
    var rest = next(name)[...]
    while let current = rest.popFirst() {
      guard seen.insert(current).inserted else { continue }
      found.append(current)
      rest += next(current)
    }
    return found
  }
}
