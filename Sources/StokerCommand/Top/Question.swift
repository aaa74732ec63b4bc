// "Really?" before something is changed: who else is meant, and which answers there are.

import Orchestration
import Stoker

/// A change that is asked for and not confirmed yet.
struct Question: Sendable, Equatable {
  enum Verb: String, Sendable {
    case start, stop, restart
  }

  /// What is sent once it is confirmed.
  struct Command: Sendable, Equatable {
    var verb: Verb
    var name: String
    var body: JSON
  }

  /// What to press, what that means, and what is done then.
  struct Choice: Sendable, Equatable {
    var key: Character
    var meaning: String
    var command: Command
  }

  var text: String
  var choices: [Choice]

  init(_ verb: Verb, _ row: ServiceRow, _ kinship: Kinship, _ rows: [String: ServiceRow]) {
    let name = row.name
    func isUp(_ name: String) -> Bool { rows[name].map { ![.stopped, .completed, .failed].contains($0.status) } ?? false }
    func command(_ body: JSON) -> Command { Command(verb: verb, name: name, body: body) }
    let dependents = kinship.requiring(name).filter(isUp)
    let users = kinship.using(name).filter(isUp)
    switch verb {
    case .restart:
      let isSpent = row.status == .failed
      text = "Restart \(name)?" + (isSpent ? " It was given up; this gives it all its attempts again." : "")
      if !dependents.isEmpty { text += " Meanwhile \(Self.list(dependents)) \(dependents.count == 1 ? "goes" : "go") without it." }
      if !users.isEmpty { text += " \(Self.list(users)) \(users.count == 1 ? "uses" : "use") it." }
      if dependents.isEmpty, users.isEmpty { text += " Nothing else that runs depends on it." }
      choices = [Choice(key: "y", meaning: "restart", command: command(["force": .bool(isSpent)]))]
    case .start:
      let others = kinship.required(by: name).filter { !isUp($0) && rows[$0]?.status != .completed && rows[$0]?.kind != "external" }
      text = "Start \(name)?" + (others.isEmpty ? "" : " \(Self.list(others)) \(others.count == 1 ? "is" : "are") started too.")
      choices = [Choice(key: "y", meaning: "start", command: command(["force": .bool(row.status == .failed)]))]
    case .stop:
      text = "Stop \(name)?"
      if !users.isEmpty {
        text += " \(Self.list(users)) \(users.count == 1 ? "uses" : "use") it, and \(users.count == 1 ? "goes" : "go") on."
      }
      guard !dependents.isEmpty else {
        choices = [Choice(key: "y", meaning: "stop", command: command([:]))]
        return
      }
      text += " \(Self.list(dependents)) \(dependents.count == 1 ? "requires" : "require") it."
      choices = [
        Choice(key: "y", meaning: "stop all, dependents first", command: command(["cascade": true])),
        Choice(key: "f", meaning: "only \(name)", command: command(["force": true])),
      ]
    }
  }

  /// All of a few; of many the first ones and how many more.
  static func list(_ names: [String]) -> String {
    guard names.count > 1 else { return names.first ?? "" }
    guard names.count > 5 else { return names.dropLast().joined(separator: ", ") + " and \(names[names.count - 1])" }
    return names.prefix(4).joined(separator: ", ") + " and \(names.count - 4) more"
  }
}
