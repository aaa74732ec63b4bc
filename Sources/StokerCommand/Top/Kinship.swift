// Who depends on whom, and so who else is meant when one service is restarted, stopped or started.

import Orchestration
import Stoker

/// What `GET /dependencies` answers.
struct Kinship: Sendable, Equatable {
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

  /// Everything that requires it, directly or through others, in the order it is found.
  func requiring(_ name: String) -> [String] {
    walk(from: name) { current in (services[current]?.dependents ?? []).filter { services[$0]?.required.contains(current) == true } }
  }

  /// Who gets along without it, but uses it.
  func using(_ name: String) -> [String] {
    (services[name]?.dependents ?? []).filter { services[$0]?.optional.contains(name) == true }
  }

  /// Everything that it requires, directly or through others.
  func required(by name: String) -> [String] {
    walk(from: name) { services[$0]?.required ?? [] }
  }

  /// `waits for onion (failed)`, `waits for p2p, since onion is in backoff`; nil where nothing that it requires is to blame.
  func cause(of name: String, _ rows: [String: ServiceRow]) -> String? {
    func culprit(of name: String) -> ServiceRow? {
      let candidates = (services[name]?.required ?? []).compactMap { rows[$0] } + (services[name]?.optional ?? []).compactMap { rows[$0] }
      return candidates.first { $0.status != .completed && !($0.status == .running && $0.health != .unhealthy) }
    }
    guard let first = culprit(of: name) else { return nil }
    var root = first
    // A graph of dependencies has no circles, but what is read may be half old.
    for _ in 0..<64 {
      guard root.status == .waiting, let next = culprit(of: root.name) else { break }
      root = next
    }
    let state = root.status == .running ? root.health.rawValue : root.status.rawValue
    return root.name == first.name ? "waits for \(first.name) (\(state))" : "waits for \(first.name), since \(root.name) is \(state)"
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
