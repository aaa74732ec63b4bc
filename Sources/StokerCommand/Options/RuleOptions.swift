// Options for what differs in the rules from one installation to the next.

import Addresses
import ArgumentParser
import ServiceFile
import Shipped

/// --job: the name of the job that scrapes Stoker.
struct JobOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Name of the job that scrapes Stoker, instead of stoker.", valueName: "name"))
  var job: String?

  /// The name, or nil where it stays as it is.
  func name() throws(Failure) -> String? {
    guard let job else { return nil }
    // Anything else would have to be quoted, in YAML and within it in PromQL.
    guard !job.isEmpty, job.utf8.allSatisfy(ASCII.isLetterOrDigit(or: "_-./:")) else {
      throw Failure(.usage, "--job takes letters, digits and _ - . / :, not '\(TerminalText.line(job))'")
    }
    return job
  }
}

/// The program that reads the rules.
enum RuleReader: String, ExpressibleByArgument, CaseIterable {
  case prometheus = "prometheus-2.42"
  case victoriaMetrics = "victoriametrics"
  /// The one of Debian 12; vmalert knows `keep_firing_for` from 1.91 on.
  case oldVictoriaMetrics = "victoriametrics-1.79"
}

/// Options of the alert rules.
struct RuleOptions: ParsableArguments {
  @Option(name: .customLong("for"), help: ArgumentHelp("Leave out what this reader does not know.", valueName: "reader"))
  var reader = RuleReader.prometheus

  @Option(help: ArgumentHelp("Address of your copies of the runbooks, without the file's name.", valueName: "url"))
  var runbooks: String?

  @Option(help: ArgumentHelp("One more label for every alert; may be given several times.", valueName: "name=value"))
  var alertLabel: [String] = []

  @Option(help: ArgumentHelp("Leave this alert out; may be given several times.", valueName: "alert"))
  var without: [String] = []

  /// Changes the rules as the options say.
  func apply(to rules: inout AlertRules) throws(Failure) {
    let alerts = rules.alerts
    for alert in without {
      guard alerts.contains(alert) else {
        let hint = Spelling.hint(for: alert, among: alerts)
        throw Failure(.usage, "there is no alert '\(TerminalText.line(alert))'\(hint.isEmpty ? "; docs/metrics.md lists them" : hint)")
      }
      rules.remove(alert: alert)
    }
    if reader != .prometheus { rules.removeNativeHistograms() }
    if reader == .oldVictoriaMetrics { rules.removeKeepFiring() }
    if let runbooks { rules.set(runbooks: try Self.address(runbooks)) }
    var labels: [AlertLabel] = []
    for text in alertLabel {
      let label = try AlertLabel(parsing: text)
      guard !labels.contains(where: { $0.name == label.name }) else { throw Failure(.usage, "--alert-label gives '\(label.name)' twice") }
      labels.append(label)
    }
    // Each is put before those that are there.
    for label in labels.reversed() { rules.add(label: label.name, value: label.value) }
  }

  private static func address(_ text: String) throws(Failure) -> String {
    let isPlain = text.utf8.allSatisfy { 0x21..<0x7F ~= $0 && !"\"'\\<>{}`?#".utf8.contains($0) }
    let host = ["http://", "https://"].first(where: text.hasPrefix).map { text.dropFirst($0.count).prefix { $0 != "/" } }
    guard isPlain, let host, (try? Authority(parsing: host)) != nil else {
      throw Failure(.usage, "--runbooks takes an address such as https://wiki.example.org/stoker, not '\(TerminalText.line(text))'")
    }
    return String(text.prefix(text.count - text.reversed().prefix { $0 == "/" }.count))
  }
}

extension Unicode.Scalar.Properties {
  /// Whether it shows something, or is a space: YAML takes it as it is.
  fileprivate var isGraphic: Bool {
    switch generalCategory {
    case .control, .format, .surrogate, .unassigned, .privateUse, .lineSeparator, .paragraphSeparator: false
    default: true
    }
  }
}

/// A label that the user gives to the alerts.
private struct AlertLabel {
  /// Labels that tell alerts apart, and by which Alertmanager groups and silences them.
  private static let taken = [
    "alertname", "severity", "job", "instance", "exported_job", "exported_instance", "name", "kind", "depends_on", "collector",
  ]

  let name: String
  let value: String

  /// Reads `NAME=VALUE`.
  init(parsing text: String) throws(Failure) {
    let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard sides.count == 2, Self.isName(sides[0]), !sides[1].isEmpty,
      sides[1].unicodeScalars.allSatisfy({ $0.properties.isGraphic }),
      // A template of Prometheus, which nobody would check before it is loaded.
      !sides[1].contains("{{")
    else {
      throw Failure(.usage, "--alert-label takes NAME=VALUE with the name of a label, such as team=shop, not '\(TerminalText.line(text))'")
    }
    guard !Self.taken.contains(sides[0]) else {
      throw Failure(.usage, "--alert-label cannot give '\(sides[0])': the alerts have it, and Alertmanager groups and silences them by it")
    }
    (name, value) = (sides[0], sides[1])
  }

  /// Two underscores at the beginning are for Prometheus itself.
  private static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, !ASCII.isDigit(first), !text.hasPrefix("__") else { return false }
    return text.utf8.allSatisfy(ASCII.isLetterOrDigit(or: "_"))
  }
}
