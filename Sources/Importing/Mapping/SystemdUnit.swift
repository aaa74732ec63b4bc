// Units of systemd: services, with their dependencies on each other.

import ServiceFile

struct SystemdUnit {
  private let file: ForeignFile
  private let sections: [INIFile.Section]
  /// The unit's name, `NAME.service`.
  private let unit: String

  init(_ file: ForeignFile) throws(ServiceFileError) {
    self.file = file
    sections = try INIFile(file, .systemd).sections
    unit = file.name.split(separator: "/").last.map(String.init) ?? file.name
  }

  private var name: String { unit.hasSuffix(".service") ? String(unit.dropLast(8)) : unit }

  func map(into drafts: inout Drafts) {
    guard unit.hasSuffix(".service") || sections.contains(where: { $0.name == "Service" }) else {
      for section in sections { for setting in section.settings { drafts.file.leave(setting, "Stoker has no units of this kind") } }
      return
    }
    let index = drafts.add(name, aliases: [unit, name])
    var service = drafts.services[index]
    let settings = sections.filter { $0.name == "Service" }.flatMap(\.settings)
    let commands = Commands(settings, specifier: specifier)
    for section in sections {
      for setting in section.settings {
        switch section.name {
        case "Service":
          if commands.map(setting, into: &service) { continue }
          map(setting, into: &service)
        case "Unit": mapUnit(setting, index, &service, &drafts)
        case "Install": mapInstall(setting, into: &service)
        default: service.leave(setting, "a section [\(section.name)] has no counterpart")
        }
      }
    }
    // Without Restart= nothing is restarted.
    if !settings.contains(where: { $0.name == "Restart" }), let first = settings.first(where: { $0.name == "ExecStart" }) {
      service.set("restart.policy", .plain("never"), by: first)
    }
    drafts.services[index] = service
  }

  // MARK: Values

  /// The text with its specifiers replaced; nil where one has no counterpart.
  private func specifier(_ text: String) -> String? {
    var output = ""
    var rest = text[...]
    while let sign = rest.firstIndex(of: "%") {
      output += rest[..<sign]
      rest = rest[rest.index(after: sign)...]
      guard let letter = rest.popFirst() else { return output + "%" }
      let prefix = name.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
      switch letter {
      case "%": output.append("%")
      case "n": output += unit
      case "N": output += name
      case "p": output += prefix.first.map(String.init) ?? name
      case "i" where prefix.count == 2 && !prefix[1].isEmpty, "I" where prefix.count == 2 && !prefix[1].isEmpty: output += prefix[1]
      case "t": output += "/run"
      case "S": output += "/var/lib"
      case "C": output += "/var/cache"
      case "L": output += "/var/log"
      case "E": output += "/etc"
      case "T": output += "/tmp"
      case "V": output += "/var/tmp"
      case "U": output += "0"
      case "u": output += "root"
      default: return nil
      }
    }
    return output + rest
  }

  private func map(_ setting: Setting, into service: inout Draft) {
    guard let text = specifier(setting.value) else {
      return service.leave(setting, "a specifier such as %i has no counterpart; write the value")
    }
    func take(_ path: String, _ value: Value?) {
      if let value { service.set(path, value, by: setting) } else { service.leave(setting, "its value has no counterpart") }
    }
    switch setting.name {
    case "Type":
      switch text {
      case "oneshot": take("kind", .plain("oneshot"))
      case "forking": take("kind", .plain("forking"))
      case "notify", "notify-reload": take("ready.notify", .plain("systemd"))
      case "simple", "exec", "idle": take("kind", .plain("process"))
      default: service.leave(setting, "it has started when its process has, or by 'ready'")
      }
    case "PIDFile": take("pid_file", .text(text.hasPrefix("/") ? text : "/run/\(text)"))
    case "Restart":
      switch text {
      case "no": take("restart.policy", .plain("never"))
      case "always", "on-failure": take("restart.policy", .plain(text))
      case "on-abnormal", "on-abort", "on-watchdog":
        service.leave(setting, "'on-failure' is nearest: it restarts after an exit code, too")
        service.set("restart.policy", .plain("on-failure"), by: setting)
      default: service.leave(setting, "a policy of Stoker is always, on-failure or never")
      }
    case "RestartSec": take("restart.backoff.base", duration(text))
    case "RestartMaxDelaySec": take("restart.backoff.max", duration(text))
    case "StartLimitBurst": take("restart.max_attempts", Words.number(text))
    case "StartLimitInterval", "StartLimitIntervalSec": take("restart.reset_after", duration(text))
    case "TimeoutStartSec": take("ready.timeout", duration(text))
    case "TimeoutStopSec": take("stop.timeout", duration(text))
    case "TimeoutSec":
      take("ready.timeout", duration(text))
      if let value = duration(text) { service.set("stop.timeout", value, by: setting) }
    case "RuntimeMaxSec": take("runtime_max", duration(text))
    case "WatchdogSec": take("watchdog", duration(text))
    case "NotifyAccess":
      switch text {
      case "main": take("ready.from", .plain("main"))
      case "all", "exec": take("ready.from", .plain("any"))
      default: service.leave(setting, "its value has no counterpart")
      }
    case "KillSignal": take("stop.signal", .text(text))
    case "KillMode":
      switch text {
      case "control-group": take("stop.scope", .plain("group"))
      case "process", "mixed": take("stop.scope", .plain("process"))
      default: service.leave(setting, "what a service leaves is always ended")
      }
    case "SuccessExitStatus": take("restart.success_exit_codes", Words.codes("0 " + text))
    case "User": take("user", .text(text))
    case "Group": take("group", .text(text))
    case "WorkingDirectory":
      let path = text.hasPrefix("-") ? String(text.dropFirst()) : text
      if path == "~" { service.leave(setting, "write the directory") } else { take("directory", .text(path)) }
    case "Environment": environment(setting, text, into: &service)
    case "EnvironmentFile": environmentFile(setting, text, into: &service)
    case "UMask": take("umask", Words.octal(text))
    case "LimitNOFILE": take("limits.nofile", limit(text).flatMap { $0 == "infinity" ? nil : Words.number($0) })
    case "LimitCORE": take("limits.core", limit(text).map { $0 == "infinity" ? .plain("unlimited") : .text($0) })
    case "MemoryMax", "MemoryLimit": take("limits.memory", size(text))
    case "TasksMax": take("limits.tasks", Words.number(text))
    case "CPUQuota":
      let share = text.hasSuffix("%") ? Double(text.dropLast()) : nil
      take("limits.cpu", share.map { .plain("\($0 / 100)") })
    case "Nice": take("nice", Words.number(text))
    case "OOMScoreAdjust": take("oom_score_adj", Words.number(text))
    case "NoNewPrivileges": take("no_new_privileges", Words.flag(text).map { .plain("\($0)") })
    case "StandardOutput", "StandardError": output(setting, text, into: &service)
    case "StandardInput":
      if text == "null" {
        service.leave(setting, "an empty input is the default")
      } else {
        service.leave(setting, "input comes from nobody")
      }
    case "RemainAfterExit": service.leave(setting, "a oneshot that has completed counts for what waits for it")
    default: service.leave(setting, "it has no counterpart")
    }
  }

  /// `5`, `5s`, `1min 30s`, `infinity`.
  private func duration(_ text: String) -> Value? {
    let units = [
      "us": "", "ms": "ms", "s": "s", "sec": "s", "second": "s", "seconds": "s", "m": "m", "min": "m", "minute": "m", "minutes": "m",
      "h": "h",
      "hr": "h", "hour": "h", "hours": "h", "d": "d", "day": "d", "days": "d", "w": "", "week": "",
    ]
    if let plain = Words.duration(text) { return plain }
    var output = ""
    var rest = text.filter { $0 != " " }[...]
    while !rest.isEmpty {
      let number = rest.prefix { $0.isNumber || $0 == "." }
      rest = rest.dropFirst(number.count)
      let unit = rest.prefix { $0.isLetter }
      rest = rest.dropFirst(unit.count)
      guard !number.isEmpty, let own = unit.isEmpty ? "s" : units[String(unit)], !own.isEmpty else { return nil }
      output += "\(number)\(own)"
    }
    return DurationText.duration(output) == nil ? nil : .plain(output)
  }

  /// The soft part of a limit.
  private func limit(_ text: String) -> String? { text.split(separator: ":").first.map(String.init) }

  /// `512M` is a power of 1024.
  private func size(_ text: String) -> Value? {
    guard let unit = text.last, let factor = ["K": "KiB", "M": "MiB", "G": "GiB", "T": "TiB"][unit.uppercased()] else {
      return Words.number(text)
    }
    return Double(text.dropLast()).map { _ in .text("\(text.dropLast())\(factor)") }
  }

  private func output(_ setting: Setting, _ text: String, into service: inout Draft) {
    let path = setting.name == "StandardOutput" ? "log.path" : "log.stderr_path"
    if let name = ["file:", "append:", "truncate:"].first(where: { text.hasPrefix($0) }) {
      service.set(path, .text(String(text.dropFirst(name.count))), by: setting)
    } else if text == "null" {
      service.set(path, .plain("none"), by: setting)
    } else {
      service.leave(setting, "output goes to the log of the service")
    }
  }

  private func environment(_ setting: Setting, _ text: String, into service: inout Draft) {
    guard let words = CommandWords.split(text), !words.isEmpty, words.allSatisfy({ $0.contains("=") }) else {
      return service.leave(setting, "it is no list of NAME=value")
    }
    for word in words {
      let sign = word.firstIndex(of: "=") ?? word.endIndex
      service.set(["environment", String(word[..<sign])], .text(String(word[word.index(after: sign)...])), by: setting)
    }
  }

  private func environmentFile(_ setting: Setting, _ text: String, into service: inout Draft) {
    let path = ["environment_file"]
    guard let known = service.keys.firstIndex(where: { $0.path == path }) else { return service.set(path, .text(text), by: setting) }
    // Several settings are one list.
    let files = service.keys[known].value.elements + [.text(text)]
    service.keys[known].value = .list(files)
    service.keys[known].setting.value += "\n\(text)"
    service.keys[known].further.append(setting)
  }

  private func mapUnit(_ setting: Setting, _ index: Int, _ service: inout Draft, _ drafts: inout Drafts) {
    switch setting.name {
    case "Description": service.set("description", .text(specifier(setting.value) ?? setting.value), by: setting)
    case "After", "Requires", "Wants", "BindsTo", "Requisite", "PartOf":
      let units = setting.value.split(separator: " ").map(String.init)
      let own = units.filter { $0.hasSuffix(".service") || !$0.contains(".") }
      if own.isEmpty { return service.leave(setting, "Stoker has no units but services; its own unit can have them") }
      for other in own {
        var options: [(String, Value)] = []
        if setting.name == "Wants" || setting.name == "After" { options.append(("optional", .plain("true"))) }
        if setting.name == "PartOf" || setting.name == "BindsTo" { options.append(("on_restart", .plain("restart"))) }
        drafts.dependencies.append(Drafts.Dependency(service: index, other: other, options: options, setting: setting))
      }
    case "StartLimitBurst", "StartLimitInterval", "StartLimitIntervalSec": map(setting, into: &service)
    case "Documentation": service.leave(setting, "for people")
    default: service.leave(setting, "it has no counterpart")
    }
  }

  private func mapInstall(_ setting: Setting, into service: inout Draft) {
    switch setting.name {
    case "WantedBy", "RequiredBy": service.set("enabled", .plain("true"), by: setting)
    default: service.leave(setting, "it has no counterpart")
    }
  }

  // MARK: Commands

  /// The settings that are commands: several of a kind are run one after the other.
  private struct Commands {
    private static let keys = [
      "ExecStart": "command", "ExecStartPre": "hooks.pre_start", "ExecStartPost": "hooks.post_start", "ExecStop": "stop.command",
      "ExecStopPost": "hooks.post_stop", "ExecReload": "reload",
    ]
    private let settings: [Setting]
    private let specifier: (String) -> String?

    init(_ settings: [Setting], specifier: @escaping (String) -> String?) {
      // An empty setting takes back those before it.
      self.settings = settings
      self.specifier = specifier
    }

    /// Whether the setting is a command, and has been mapped.
    func map(_ setting: Setting, into service: inout Draft) -> Bool {
      guard let path = Self.keys[setting.name] else { return false }
      let same = settings.filter { $0.name == setting.name }
      let begin = (same.lastIndex { $0.value.isEmpty } ?? -1) + 1
      guard let place = same.firstIndex(where: { $0.place == setting.place }), place >= begin, !setting.value.isEmpty else {
        service.leave(setting, "a later setting takes it back")
        return true
      }
      let counting = same[begin...]
      // The first stands for all.
      guard place == begin else { return true }
      if setting.name == "ExecReload", counting.count == 1, let signal = Self.signal(of: setting.value) {
        service.set("reload.signal", .text(signal), by: setting)
        return true
      }
      let commands = counting.map { command($0.value) }
      guard !commands.contains(where: { $0 == nil }) else {
        for one in counting { service.leave(one, "a specifier, a quote or a prefix of it has no counterpart") }
        return true
      }
      let whole = setting.name == "ExecReload" ? "reload.command" : path
      service.set(whole, value(commands.compactMap(\.self)), by: setting)
      service.keys[service.keys.count - 1].further = Array(counting.dropFirst())
      return true
    }

    /// `kill -HUP $MAINPID`
    private static func signal(of command: String) -> String? {
      let words = (CommandWords.split(command) ?? []).map { $0.hasPrefix("-/") ? String($0.dropFirst()) : $0 }
      guard words.count >= 3, words[0].hasSuffix("kill"), words[words.count - 1].contains("MAINPID") else { return nil }
      let named = words.count == 4 && words[1] == "-s" ? words[2] : words[1].hasPrefix("-") ? String(words[1].dropFirst()) : ""
      return SignalName.number(of: named) == nil ? nil : named
    }

    private struct Command {
      var words: [String]
      var mayFail: Bool
    }

    private func command(_ text: String) -> Command? {
      var rest = text[...]
      var mayFail = false
      while let first = rest.first, "-@:+!|".contains(first) {
        if first == "-" { mayFail = true }
        // With `@` the second word is the name of the program for itself, and `:` keeps variables as they are.
        if first == "@" || first == ":" { return nil }
        rest.removeFirst()
      }
      guard let whole = specifier(String(rest)), let words = CommandWords.split(whole), !words.isEmpty else { return nil }
      return Command(words: words, mayFail: mayFail)
    }

    /// One command without variables is a list; several, or one with variables, a line for the shell.
    private func value(_ commands: [Command]) -> Value {
      if commands.count == 1, let only = commands.first, !only.mayFail {
        if !only.words.contains(where: { $0.contains("$") || $0 == ";" }) { return .texts(only.words) }
        return .text("exec \(line(only))")
      }
      return .text(
        commands.map { line($0) + ($0.mayFail ? " || true" : "") }.map { commands.count > 1 ? "{ \($0); }" : $0 }.joined(separator: " && "))
    }

    private func line(_ command: Command) -> String {
      command.words.map { word in
        // `$NAME` as a word of its own is divided into words, as the shell does without quotes.
        let isVariable =
          word.hasPrefix("$") && !word.hasPrefix("${") && word.dropFirst().allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
        return isVariable ? word : word == ";" ? ";" : CommandWords.line([word.replacing("$$", with: "\\$")])
      }.joined(separator: " ")
    }
  }
}

extension Value {
  /// The elements of a list; a single value is one.
  var elements: [Value] { if case .list(let elements) = self { elements } else { [self] } }
}
