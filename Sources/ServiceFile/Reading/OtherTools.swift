// Keys that people know from other tools, and what to write here: the table that docs/service-file.md shows ("Coming from another tool").

/// Keys of Compose, supervisord, systemd, process-compose and pm2.
enum OtherTools {
  /// Some keys of one meaning, and the advice for them.
  struct Entry: Sendable {
    /// As other tools spell them. Case, `_` and `-` do not matter.
    var words: [String]
    var place: Place
    /// A clause: the name here, or why there is none.
    var advice: String
    /// A line that can stand in that place; nil if there is none.
    var example: String?

    /// The end of a sentence that has named the key.
    var text: String { advice + (example.map { ", as in '\($0)'" } ?? "") }

    /// The key that the example sets.
    var key: Substring? { example?.prefix { $0 != ":" } }
  }

  /// The mappings in which such keys are met.
  enum Place: String, CaseIterable, Sendable {
    case file = ""
    case supervisor = "stoker"
    case service = "services.NAME"
    case dependency = "services.NAME.depends_on.NAME"
    case health = "services.NAME.health"
    case restart = "services.NAME.restart"
    case stop = "services.NAME.stop"
    case ready = "services.NAME.ready"
    case log = "services.NAME.log"

    /// The place of the keys of a mapping; nil if none of its keys is known from elsewhere.
    init?(_ scope: Scope) {
      var path = scope.path
      if path.count == 2, path[0] == "depends_on" { path[1] = "NAME" }
      self.init(rawValue: ((scope.owner == nil ? [] : ["services", "NAME"]) + path).joined(separator: "."))
    }
  }

  /// The advice for an unknown key.
  static func advice(for key: String, in scope: Scope) -> Entry? {
    Place(scope).flatMap { index[$0]?[normal(key)] }
  }

  /// The advice for a policy of restarts; nil if it is known from nowhere.
  static func advice(forPolicy word: String) -> String? {
    switch word {
    case "no", "false", "off": "write 'never'"
    case "yes", "true", "on": "write 'always'"
    case "unless-stopped": "write 'always': what a person stopped stays stopped, over a restart of Stoker too"
    case "unexpected", "on-abnormal", "on-abort", "on-watchdog", "exit_on_failure": "write 'on-failure'"
    case _ where word.hasPrefix("on-failure:"):
      NumberText.integer(String(word.dropFirst("on-failure:".count))).map { "write {policy: on-failure, max_attempts: \($0)}" }
    default: nil
    }
  }

  private static func normal(_ key: String) -> String {
    String(key.lowercased().filter { $0 != "_" && $0 != "-" })
  }

  private static let index: [Place: [String: Entry]] = {
    var index: [Place: [String: Entry]] = [:]
    for entry in OtherTools.table {
      for word in entry.words { index[entry.place, default: [:]][normal(word)] = entry }
    }
    return index
  }()
}
