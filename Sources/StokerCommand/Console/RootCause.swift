// Why a service is not up, in one short clause: for a column.

import Stoker

enum RootCause {
  /// `waits for onion, which failed: exited with code 1`, of what `GET /service/{name}/why` answered; nil where it waits for nobody.
  static func clause(_ why: JSON) -> String? {
    guard let first = why["causes"]?.array?.first, let next = first["service"]?.string else { return nil }
    let root = why["root_cause"]?.string ?? next
    let node = find(root, in: first) ?? first
    let status = node["status"]?.string ?? "?"
    let health = node["health"]?.string
    var state = status == "failed" ? "failed" : "is \(status)"
    if status == "running", let health { state = "is \(health)" }
    let error = node["last_error"]?.string.map { ": \($0)" } ?? ""
    return root == next ? "waits for \(next), which \(state)\(error)" : "waits for \(next), since \(root) \(state)\(error)"
  }

  /// With a stack of its own: a chain can be as long as the file.
  private static func find(_ name: String, in tree: JSON) -> JSON? {
    var rest = [tree]
    while let node = rest.popLast() {
      if node["service"]?.string == name { return node }
      rest += node["causes"]?.array ?? []
    }
    return nil
  }
}
