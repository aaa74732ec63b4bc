// An answer of `GET /dependencies`: the services that a restart, a stop or a start also affects.

import Orchestration
import Stoker

/// The dependencies of all services, by name.
struct DependenciesAnswer: Sendable, Equatable {
  struct Service: Sendable, Equatable {
    var required: [String] = []
    var optional: [String] = []
    var dependents: [String] = []
    /// By dependency: `restart` or `stop`.
    var onRestart: [String: String] = [:]
  }

  private(set) var services: [String: Service] = [:]

  init(_ answer: JSON) {
    func names(_ value: JSON?) -> [String] { (value?.array ?? []).compactMap(\.string) }
    for member in answer["dependencies"]?.members ?? [] {
      services[member.name] = Service(
        required: names(member.value["dependencies"]), optional: names(member.value["optional_dependencies"]),
        dependents: names(member.value["dependents"]),
        onRestart: Dictionary(
          (member.value["on_restart"]?.members ?? []).map { ($0.name, $0.value.string ?? "") }, uniquingKeysWith: { first, _ in first }))
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

  /// The services that a restart of `name` restarts or stops too, in the order they are found: of those that are under way, the ones whose
  /// `on_restart` asks for it, and theirs (rule 21).
  func dragged(by name: String, where isUnderWay: (String) -> Bool) -> (restarted: [String], stopped: [String]) {
    var stopped: Set<String> = []
    let found = walk(from: name) { current in
      (services[current]?.dependents ?? []).filter { dependent in
        guard dependent != name, isUnderWay(dependent), let way = services[dependent]?.onRestart[current] else { return false }
        if way == "stop" { stopped.insert(dependent) }
        return true
      }
    }
    return (found.filter { !stopped.contains($0) }, found.filter(stopped.contains))
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
