// The confirmation before a change: the other services that it affects, and the choices.

import Orchestration
import Stoker

/// A change that is not confirmed yet.
struct Confirmation: Sendable, Equatable {
  enum Verb: String, Sendable {
    case start, stop, restart
  }

  /// The command that is sent once it is confirmed.
  struct Command: Sendable, Equatable {
    var verb: Verb
    var name: String
    var body: JSON
  }

  /// A key, its meaning, and its command.
  struct Choice: Sendable, Equatable {
    var key: Character
    var meaning: String
    var command: Command
  }

  var text: String
  var choices: [Choice]

  init(_ verb: Verb, _ row: ServiceRow, _ dependencies: DependenciesAnswer, _ rows: [String: ServiceRow]) {
    let name = row.name
    func isUp(_ name: String) -> Bool { rows[name].map { ![.stopped, .completed, .failed].contains($0.status) } ?? false }
    func command(_ body: JSON) -> Command { Command(verb: verb, name: name, body: body) }
    let dependents = dependencies.requiring(name).filter(isUp)
    let users = dependencies.using(name).filter(isUp)
    switch verb {
    case .restart:
      let isSpent = row.status == .failed
      text = "Restart \(name)?" + (isSpent ? " It has failed; a restart by hand resets its attempts." : "")
      let isUnderWay = { (name: String) in rows[name].map { [.starting, .running].contains($0.status) } ?? false }
      let (restarted, stopped) = dependencies.dragged(by: name, where: isUnderWay)
      let isLeft = { (name: String) in isUnderWay(name) && !restarted.contains(name) && !stopped.contains(name) }
      let (without, using) = (dependents.filter(isLeft), users.filter(isLeft))
      if !restarted.isEmpty { text += " \(Phrase.list(restarted)) \(restarted.count == 1 ? "is" : "are") restarted with it." }
      if !stopped.isEmpty { text += " \(Phrase.list(stopped)) \(stopped.count == 1 ? "stops" : "stop") with it." }
      if !without.isEmpty { text += " Meanwhile \(Phrase.list(without)) \(without.count == 1 ? "runs" : "run") without it." }
      if !using.isEmpty { text += " \(Phrase.list(using)) \(using.count == 1 ? "uses" : "use") it." }
      if (restarted + stopped + without + using).isEmpty { text += " No other running service depends on it." }
      choices = [Choice(key: "y", meaning: "restart", command: command(["force": .bool(isSpent)]))]
    case .start:
      let others = dependencies.required(by: name).filter { !isUp($0) && rows[$0]?.status != .completed && rows[$0]?.kind != "external" }
      text = "Start \(name)?" + (others.isEmpty ? "" : " \(Phrase.list(others)) \(others.count == 1 ? "is" : "are") started too.")
      choices = [Choice(key: "y", meaning: "start", command: command(["force": .bool(row.status == .failed)]))]
    case .stop:
      text = "Stop \(name)?"
      if !users.isEmpty {
        text += " \(Phrase.list(users)) \(users.count == 1 ? "uses it and keeps" : "use it and keep") running."
      }
      guard !dependents.isEmpty else {
        choices = [Choice(key: "y", meaning: "stop", command: command([:]))]
        return
      }
      text += " \(Phrase.list(dependents)) \(dependents.count == 1 ? "requires" : "require") it."
      choices = [
        Choice(key: "y", meaning: "stop all, dependents first", command: command(["cascade": true])),
        Choice(key: "f", meaning: "only \(name)", command: command(["force": true])),
      ]
    }
  }
}
