// Compose files: services that have a command run as programs of this machine.

import ServiceFile

struct Compose {
  private let file: ForeignFile
  private let root: ForeignValue

  init(_ file: ForeignFile) throws(ServiceFileError) {
    self.file = file
    root = try file.tree()
    guard root["services"]?.isMapping == true else { throw file.fault("a Compose file has a mapping 'services'", line: root.line) }
  }

  func map(into drafts: inout Drafts, _ exists: (String) -> Bool) {
    for entry in root.entries where entry.key != "services" {
      // Anchors are followed where they are used.
      drafts.file.leave(
        entry.setting(file), entry.key.hasPrefix("x-") ? "what it holds stands where it is used" : "Stoker starts programs of this machine")
    }
    let dotenv = "\(file.directory)/.env"
    if exists(dotenv) {
      let setting = Setting(name: ".env", value: "", place: Place(file: file.name, line: 1))
      drafts.file.set("stoker.variables", .list([.text(dotenv)]), by: setting)
    }
    for entry in root["services"]?.entries ?? [] {
      let container = entry.value["container_name"]?.text
      let index = drafts.add(entry.key, aliases: Set([container].compactMap(\.self)))
      var service = drafts.services[index]
      for own in entry.value.entries {
        drafts.account(for: own.setting(file), in: &service) { map(own, entry.value, index, &$0, &$1) }
      }
      // Without a policy nothing is restarted.
      if entry.value["restart"] == nil, let command = service.keys.first(where: { $0.path == ["command"] }) {
        service.set("restart.policy", .plain("never"), by: command.setting)
      }
      if entry.value.entries.isEmpty { service.leave(entry.setting(file, in: "services"), "it says nothing") }
      drafts.services[index] = service
    }
  }

  /// A text in which Compose replaces variables: `$NAME` and `${NAME}` are empty where they are not set, and `$$` is a dollar sign.
  static func value(_ text: String) -> Value {
    guard text.contains("$") else { return .text(text) }
    var output = ""
    var rest = text[...]
    while let sign = rest.firstIndex(of: "$") {
      output += rest[..<sign]
      rest = rest[rest.index(after: sign)...]
      if rest.first == "$" {
        rest.removeFirst()
        output += "$$"
      } else if rest.first == "{", let end = rest.firstIndex(of: "}") {
        let inner = rest[rest.index(after: rest.startIndex)..<end]
        let isBare = inner.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        output += isBare ? "${\(inner):-}" : "${\(inner)}"
        rest = rest[rest.index(after: end)...]
      } else {
        let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        let isName = name.first.map { !$0.isNumber } ?? false
        output += isName ? "${\(name):-}" : "$$"
        if isName { rest = rest.dropFirst(name.count) }
      }
    }
    return .reference(output + rest)
  }

  private func map(
    _ entry: ForeignValue.Entry, _ whole: ForeignValue, _ index: Int, _ service: inout Draft, _ drafts: inout Drafts
  ) {
    let setting = entry.setting(file)
    let value = entry.value
    func text(_ path: String) { service.take(path, value.text.map(Self.value), by: setting) }
    func flag(_ path: String) { service.take(path, value.text.flatMap(Words.flag).map { .plain("\($0)") }, by: setting) }
    switch entry.key {
    case "command", "entrypoint": command(entry, whole, into: &service)
    case "environment":
      // A name without a value is taken from the environment of Compose.
      for (name, text) in value.pairs ?? [] {
        service.set(["environment", name], text.map(Self.value) ?? .reference("${\(name):-}"), by: setting)
      }
    case "env_file": environmentFiles(value, setting, into: &service)
    case "working_dir": text("directory")
    case "user":
      let parts = value.text?.split(separator: ":", maxSplits: 1).map(String.init) ?? []
      service.take("user", parts.first.map { .text($0) }, by: setting)
      if parts.count == 2 { service.set("group", .text(parts[1]), by: setting) }
    case "depends_on":
      for other in value.texts ?? [] {
        drafts.dependencies.append(
          Drafts.Dependency(service: index, other: other, options: [("condition", .plain("started"))], setting: setting))
      }
      for other in value.entries { depend(other, index, &service, &drafts) }
    case "links":
      for other in value.texts ?? [] {
        drafts.dependencies.append(Drafts.Dependency(service: index, other: other.cut(before: ":"), options: [], setting: setting))
      }
    case "restart": restart(value.text ?? "", setting, into: &service)
    case "healthcheck": for own in value.entries { health(own, value, into: &service) }
    case "stop_signal": text("stop.signal")
    case "stop_grace_period": service.take("stop.timeout", value.text.flatMap { Words.duration($0) }, by: setting)
    case "tty": flag("tty")
    case "stdin_open": service.take("stdin", value.text.flatMap(Words.flag).flatMap { $0 ? .plain("keep_open") : nil }, by: setting)
    case "labels":
      for (name, text) in value.pairs ?? [] { service.set(["labels", name], Self.value(text ?? ""), by: setting) }
    case "profiles": service.set("enabled", .plain("false"), by: setting)
    case "scale": service.take("instances", value.text.flatMap(Int.init).flatMap { $0 > 1 ? .plain("\($0)") : nil }, by: setting)
    case "deploy": for own in value.entries { deploy(own, into: &service) }
    case "mem_limit": service.take("limits.memory", value.text.flatMap(Self.size), by: setting)
    case "cpus": service.take("limits.cpu", value.text.flatMap(Double.init).map { .plain("\($0)") }, by: setting)
    case "pids_limit": service.take("limits.tasks", value.text.flatMap(Words.number), by: setting)
    case "oom_score_adj": service.take("oom_score_adj", value.text.flatMap(Words.number), by: setting)
    case "ulimits": for own in value.entries { ulimit(own, into: &service) }
    case "security_opt":
      let isIt = value.texts?.contains { $0.hasPrefix("no-new-privileges") && !$0.hasSuffix("false") } ?? false
      service.take("no_new_privileges", isIt ? .plain("true") : nil, by: setting)
    case "logging": service.leave(setting, "output goes to the log of the service")
    case "image", "build", "container_name", "pull_policy", "platform": service.leave(setting, "Stoker starts programs of this machine")
    case "ports", "expose": service.leave(setting, "Stoker forwards no ports: a program listens where its own settings say")
    default: service.leave(setting, "it has no counterpart")
    }
  }

  /// The entrypoint and the command are one command line.
  private func command(_ entry: ForeignValue.Entry, _ whole: ForeignValue, into service: inout Draft) {
    let setting = entry.setting(file)
    func words(_ key: String) -> [String]? {
      guard let value = whole[key] else { return [] }
      return value.text.map(CommandWords.split) ?? value.texts
    }
    guard let entrypoint = words("entrypoint"), let command = words("command"), !(entrypoint + command).isEmpty else {
      return service.leave(setting, "it is no command line")
    }
    if let known = service.keys.firstIndex(where: { $0.path == ["command"] }) {
      service.keys[known].further.append(setting)
    } else {
      service.set("command", .list((entrypoint + command).map(Self.value)), by: setting)
    }
  }

  private func environmentFiles(_ value: ForeignValue, _ setting: Setting, into service: inout Draft) {
    var files: [Value] = []
    for element in value.text == nil ? value.elements : [value] {
      guard let path = element.text ?? element["path"]?.text else { return service.leave(setting, "it is no list of files") }
      let isOptional = element["required"]?.text.flatMap(Words.flag) == false
      files.append(Self.value((isOptional ? "-" : "") + path))
    }
    service.take("environment_file", files.isEmpty ? nil : .list(files), by: setting)
  }

  private func depend(_ other: ForeignValue.Entry, _ index: Int, _ service: inout Draft, _ drafts: inout Drafts) {
    let setting = other.setting(file, in: "depends_on")
    let words = ["service_started": "started", "service_healthy": "healthy", "service_completed_successfully": "completed"]
    guard let word = words[other.value["condition"]?.text ?? "service_started"] else {
      return service.leave(setting, "there is no such condition")
    }
    var options: [(String, Value)] = [("condition", .plain(word))]
    if other.value["required"]?.text.flatMap(Words.flag) == false { options.append(("optional", .plain("true"))) }
    if other.value["restart"]?.text.flatMap(Words.flag) == true { options.append(("on_restart", .plain("restart"))) }
    drafts.dependencies.append(Drafts.Dependency(service: index, other: other.key, options: options, setting: setting))
  }

  private func restart(_ text: String, _ setting: Setting, into service: inout Draft) {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    let policy = ["no": "never", "false": "never", "always": "always", "unless-stopped": "always", "on-failure": "on-failure"][
      parts.first ?? ""]
    service.take("restart.policy", policy.map { .plain($0) }, by: setting)
    if parts.count == 2, let most = Words.number(parts[1]) { service.set("restart.max_attempts", most, by: setting) }
  }

  private func health(_ entry: ForeignValue.Entry, _ whole: ForeignValue, into service: inout Draft) {
    let setting = entry.setting(file, in: "healthcheck")
    let text = entry.value.text ?? ""
    let isOff = whole["disable"]?.text.flatMap(Words.flag) == true
    guard !isOff, whole["test"] != nil else { return service.leave(setting, "there is no test") }
    switch entry.key {
    case "test":
      let words = entry.value.texts ?? []
      switch words.first {
      case "NONE": service.leave(setting, "no check is the default")
      case "CMD" where words.count > 1: service.set("health.exec.command", .list(words.dropFirst().map(Self.value)), by: setting)
      case "CMD-SHELL" where words.count > 1: service.set("health.exec.command", Self.value(words[1]), by: setting)
      default: service.take("health.exec.command", entry.value.text.map(Self.value), by: setting)
      }
    case "interval": service.take("health.interval", Words.duration(text), by: setting)
    case "timeout": service.take("health.timeout", Words.duration(text), by: setting)
    case "retries": service.take("health.failure_threshold", Words.number(text), by: setting)
    case "start_period": service.take("health.start_period", Words.duration(text), by: setting)
    case "start_interval": service.take("health.start_interval", Words.duration(text), by: setting)
    default: service.leave(setting, "it has no counterpart")
    }
  }

  private func deploy(_ entry: ForeignValue.Entry, into service: inout Draft) {
    let setting = entry.setting(file, in: "deploy")
    switch entry.key {
    case "replicas": service.take("instances", entry.value.text.flatMap(Int.init).flatMap { $0 > 1 ? .plain("\($0)") : nil }, by: setting)
    default: service.leave(setting, "it has no counterpart")
    }
  }

  private func ulimit(_ entry: ForeignValue.Entry, into service: inout Draft) {
    let setting = entry.setting(file, in: "ulimits")
    let soft = entry.value.text ?? entry.value["soft"]?.text
    guard entry.key == "nofile" || entry.key == "core" else { return service.leave(setting, "it has no counterpart") }
    service.take("limits.\(entry.key)", soft.flatMap(Words.number), by: setting)
  }

  /// `512m` is a power of 1024.
  private static func size(_ text: String) -> Value? {
    let number = text.prefix { $0.isNumber || $0 == "." }
    let unit = ["": "", "b": "", "k": "KiB", "kb": "KiB", "m": "MiB", "mb": "MiB", "g": "GiB", "gb": "GiB"][
      text.dropFirst(number.count).lowercased()]
    return number.isEmpty ? nil : unit.map { .text("\(number)\($0)") }
  }
}
