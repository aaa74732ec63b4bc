// Stoker's own troubles: the services may all be well meanwhile.

import Orchestration
import ServiceLogs

/// A trouble of Stoker itself, as long as it lasts (rule 85). Its services go on.
enum Trouble: Sendable, Equatable {
  /// The state directory is not at its path; the reason in a sentence.
  case stateDirectoryLost(String)
  /// Nothing reaches the journal.
  case journalUnusable(String)
  /// The record of live processes cannot be written.
  case recordUnwritten(String)
  /// The last reload was refused.
  case reloadRefused(problems: [String], inForce: Timestamp)
  /// A limit of resources is not in force for these services; the reason in a sentence.
  case limitNotInForce(String, services: [String])
  /// Checks cannot be made, for lack of descriptors.
  case checksNotMade(services: [String])
  /// Output could not be written to logs a short time ago.
  case outputDropped(services: [String])
  /// Output of the present runs goes nowhere.
  case outputLost(services: [String])
  /// The disk of a log does not answer.
  case logHangs(path: String)

  /// How long output that was dropped is told.
  static let memory = Duration.seconds(300)

  /// The word for programs.
  var code: String {
    switch self {
    case .stateDirectoryLost: "state_directory_lost"
    case .journalUnusable: "journal_unusable"
    case .recordUnwritten: "record_unwritten"
    case .reloadRefused: "reload_refused"
    case .limitNotInForce: "limit_not_in_force"
    case .checksNotMade: "checks_not_made"
    case .outputDropped: "output_dropped"
    case .outputLost: "output_lost"
    case .logHangs: "log_hangs"
    }
  }

  /// The sentence for people.
  var sentence: String {
    switch self {
    case .stateDirectoryLost(let reason): return reason
    case .journalUnusable(let problem): return "history, uptime and what people ask for are not written to the disk: \(problem)"
    case .recordUnwritten(let problem): return "the record of live processes is not written: \(problem)"
    case .reloadRefused(let problems, let inForce):
      // The fault comes first: a narrow screen cuts the rest.
      let more = problems.count > 1 ? " (and \(problems.count - 1) more)" : ""
      let fault = problems.first ?? "it has faults"
      return "the service file was not reloaded: \(fault)\(more); what was read at \(inForce.sentence) stays in force"
    case .limitNotInForce(let reason, let services): return "\(reason) (\(Self.list(services)))"
    case .checksNotMade(let services):
      return "descriptors have run out: checks of \(Self.list(services)) are not made, and health stays as it is"
    case .outputDropped(let services):
      let minutes = Self.memory.components.seconds / 60
      return "output of \(Self.list(services)) was dropped within the last \(minutes) min: it cannot be written to its log"
    case .outputLost(let services): return "output of \(Self.list(services)) is lost until the next start: its log cannot be opened"
    case .logHangs(let path): return "the disk of '\(path)' does not answer; services that log to it wait as soon as their pipes are full"
    }
  }

  /// The services that it concerns; none: all.
  var services: [String] {
    switch self {
    case .limitNotInForce(_, let services), .checksNotMade(let services), .outputDropped(let services), .outputLost(let services): services
    case .stateDirectoryLost, .journalUnusable, .recordUnwritten, .reloadRefused, .logHangs: []
    }
  }

  private static func list(_ names: [String]) -> String {
    guard names.count > 1 else { return names.first ?? "" }
    guard names.count > 5 else { return names.dropLast().joined(separator: ", ") + " and \(names[names.count - 1])" }
    return names.prefix(4).joined(separator: ", ") + " and \(names.count - 4) more"
  }
}

extension Published {
  /// The troubles that the supervisor's loop and the logs know of.
  var troubles: [Trouble] {
    func names(_ isMeant: (Service) -> Bool) -> [String] { services.filter(isMeant).map(\.name) }
    var troubles: [Trouble] = []
    if !file.problems.isEmpty { troubles.append(.reloadRefused(problems: file.problems, inForce: file.readAt)) }
    let refusals = records.map(\.missingLimits)
    var seen: Set<String> = []
    for refusal in refusals.joined() where seen.insert(refusal).inserted {
      let concerned = services.indices.filter { refusals[$0].contains(refusal) }
      troubles.append(.limitNotInForce(refusal, services: concerned.map { services[$0].name }))
    }
    let now = SuspendingClock.now
    let found: [Trouble] = [
      .checksNotMade(services: names { unchecked.contains($0.name) }),
      .outputDropped(services: names { $0.log?.lastDrop.map { now - $0 < Trouble.memory } ?? false }),
      .outputLost(services: names { $0.log?.isLost ?? false }),
    ]
    return troubles + found.filter { !$0.services.isEmpty }
  }
}
