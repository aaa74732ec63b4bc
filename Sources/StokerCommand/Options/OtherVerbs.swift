// Verbs that people know from other tools, and what to type here.

/// Verbs of Compose, supervisorctl, systemctl and pm2.
enum OtherVerbs {
  /// Some verbs of one meaning, and the commands that do it here.
  struct Entry: Sendable {
    var words: [String]
    /// Commands without the name of the program; none: there is no way, as the advice says.
    var commands: [String]
    /// A clause after the commands, or alone; may be empty.
    var advice = ""

    /// The end of a sentence that has named the verb.
    var text: String {
      let way = commands.map { "'stoker \($0)'" }.joined(separator: " or ")
      return way.isEmpty ? advice : "its name here is \(way)" + (advice.isEmpty ? "" : ", \(advice)")
    }
  }

  /// The advice for an unknown verb; nil if it is known from nowhere.
  static func advice(for word: String) -> String? {
    table.first { $0.words.contains(word.lowercased()) }?.text
  }

  static let table = [
    Entry(words: ["ps", "ls", "list", "describe", "inspect", "info", "show", "is-enabled"], commands: ["status"]),
    Entry(words: ["is-active", "is-failed"], commands: ["health NAME"], advice: "which tells it by its exit code"),
    Entry(words: ["tail", "attach", "journalctl"], commands: ["logs -f NAME"]),
    Entry(words: ["up"], commands: ["run", "start NAME"], advice: "if it is running"),
    Entry(words: ["down", "quit", "terminate"], commands: ["shutdown"]),
    Entry(words: ["kill"], commands: ["signal NAME KILL", "stop NAME"], advice: "which ends it"),
    Entry(words: ["reread", "update", "daemon-reload", "reloadconfig"], commands: ["reload"]),
    Entry(words: ["config", "validate", "verify"], commands: ["check"]),
    Entry(words: ["monit", "htop", "stats"], commands: ["top"]),
    Entry(words: ["delete", "remove", "rm"], commands: ["reload"], advice: "after the service was taken out of the service file"),
    Entry(words: ["enable", "disable"], commands: ["reload"], advice: "after 'enabled' was changed in the service file"),
    Entry(words: ["scale"], commands: ["reload"], advice: "after 'instances' was changed in the service file"),
    Entry(words: ["list-dependencies"], commands: ["graph"]),
    Entry(words: ["watch"], commands: ["events", "top"]),
    Entry(words: ["pull", "build", "push", "images"], commands: [], advice: "Stoker starts programs of this machine, not containers"),
    Entry(words: ["save", "resurrect", "startup"], commands: [], advice: "Stoker keeps by itself which services were stopped by people"),
  ]
}
