// Files of process-compose.

import ServiceFile

struct ProcessCompose {
  private let file: ForeignFile
  private let root: ForeignValue

  init(_ file: ForeignFile) throws(ServiceFileError) {
    self.file = file
    root = try file.tree()
    guard root["processes"]?.isMapping == true else {
      throw file.fault("a file of process-compose has a mapping 'processes'", line: root.line)
    }
  }

  func map(into drafts: inout Drafts) {
    for entry in root.entries {
      let setting = entry.setting(file)
      switch entry.key {
      case "processes": continue
      case "environment": environment(entry.value, setting, ["defaults", "environment"], into: &drafts.file)
      case "version": drafts.file.leave(setting, "a service file has a version of its own")
      case "log_level":
        let level =
          ["debug", "info", "error", "warning"].contains(setting.value) ? setting.value : setting.value == "warn" ? "warning" : nil
        drafts.file.take("stoker.log.level", level.map { .plain($0) }, by: setting)
      default: drafts.file.leave(setting, "it has no counterpart")
      }
    }
    for entry in root["processes"]?.entries ?? [] {
      let index = drafts.add(entry.key)
      var service = drafts.services[index]
      for own in entry.value.entries {
        drafts.account(for: own.setting(file), in: &service) { map(own, index, &$0, &$1) }
      }
      if entry.value.entries.isEmpty { service.leave(entry.setting(file, in: "processes"), "it says nothing") }
      // Without a policy nothing is restarted.
      if !service.has("restart", "policy"), let command = service.keys.first(where: { $0.path == ["command"] }) {
        service.set("restart.policy", .plain("never"), by: command.setting)
      }
      drafts.services[index] = service
    }
  }

  private func map(_ entry: ForeignValue.Entry, _ index: Int, _ service: inout Draft, _ drafts: inout Drafts) {
    let setting = entry.setting(file)
    let value = entry.value
    switch entry.key {
    case "command": service.take("command", value.text.map { .text($0.trimmed) }, by: setting)
    case "entrypoint": service.take("command", value.texts.map(Value.texts), by: setting)
    case "working_dir": service.take("directory", value.text.map { .text($0) }, by: setting)
    case "environment": environment(value, setting, ["environment"], into: &service)
    case "env_file": service.take("environment_file", value.texts.map(Value.texts), by: setting)
    case "description": service.take("description", value.text.map { .text($0) }, by: setting)
    case "namespace": service.take("labels.namespace", value.text.map { .text($0) }, by: setting)
    case "disabled": service.take("enabled", value.text.flatMap(Words.flag).map { .plain("\(!$0)") }, by: setting)
    case "replicas": service.take("instances", value.text.flatMap(Int.init).flatMap { $0 > 1 ? .plain("\($0)") : nil }, by: setting)
    case "is_tty": service.take("tty", value.text.flatMap(Words.flag).map { .plain("\($0)") }, by: setting)
    case "log_location": service.take("log.path", value.text.map { .text($0) }, by: setting)
    case "ready_log_line": service.take("ready.log", value.text.map { .text(Self.pattern($0)) }, by: setting)
    case "is_daemon": service.leave(setting, "a program that goes into the background is 'kind: forking' with 'pid_file'")
    case "depends_on":
      for other in value.entries { depend(other, index, &service, &drafts) }
    case "availability": for own in value.entries { availability(own, into: &service) }
    case "shutdown": for own in value.entries { shutdown(own, into: &service) }
    case "readiness_probe": Probe(value, setting).map(into: &service, file)
    case "liveness_probe":
      // One check is all that a service has.
      if service.keys.contains(where: { $0.path.first == "health" }) || hasReadiness(service) {
        service.leave(setting, "a service has one check: that of readiness_probe")
      } else {
        Probe(value, setting).map(into: &service, file)
      }
    default: service.leave(setting, "it has no counterpart")
    }
  }

  private func hasReadiness(_ service: Draft) -> Bool {
    root["processes"]?.entries.first { service.aliases.contains($0.key) }?.value["readiness_probe"] != nil
  }

  private func environment(_ value: ForeignValue, _ setting: Setting, _ path: [String], into draft: inout Draft) {
    guard let pairs = value.pairs, !pairs.isEmpty else { return draft.leave(setting, "it is no list of NAME=value") }
    for (name, text) in pairs { draft.set(path + [name], Compose.value(text ?? ""), by: setting) }
  }

  /// A text as a pattern that means itself.
  static func pattern(_ text: String) -> String {
    String(text.flatMap { "\\^$.|?*+()[]{}".contains($0) ? ["\\", $0] : [$0] })
  }

  private func depend(_ other: ForeignValue.Entry, _ index: Int, _ service: inout Draft, _ drafts: inout Drafts) {
    let setting = other.setting(file, in: "depends_on")
    let condition = other.value["condition"]?.text ?? "process_completed"
    let words = [
      "process_completed": "ended", "process_completed_successfully": "completed", "process_healthy": "healthy",
      "process_started": "started",
      "process_log_ready": "ready",
    ]
    guard let word = words[condition] else { return service.leave(setting, "there is no such condition") }
    drafts.dependencies.append(
      Drafts.Dependency(service: index, other: other.key, options: [("condition", .plain(word))], setting: setting))
  }

  private func availability(_ entry: ForeignValue.Entry, into service: inout Draft) {
    let setting = entry.setting(file, in: "availability")
    let text = entry.value.text ?? ""
    switch entry.key {
    case "restart":
      let policy = ["always": "always", "on_failure": "on-failure", "no": "never"][text]
      if text == "exit_on_failure" {
        service.set("restart.policy", .plain("never"), by: setting)
        service.leave(setting, "that all ends with a critical service is 'stoker.exit_when: failed'")
      } else {
        service.take("restart.policy", policy.map { .plain($0) }, by: setting)
      }
    case "backoff_seconds": service.take("restart.backoff.base", Words.duration(text), by: setting)
    case "max_restarts":
      service.take("restart.max_attempts", Int(text).map { $0 == 0 ? .plain("unlimited") : .plain("\($0)") }, by: setting)
    default: service.leave(setting, "that all ends with a service is 'stoker.exit_when' or 'run --until-completed'")
    }
  }

  private func shutdown(_ entry: ForeignValue.Entry, into service: inout Draft) {
    let setting = entry.setting(file, in: "shutdown")
    let text = entry.value.text ?? ""
    switch entry.key {
    case "command": service.take("stop.command", text.isEmpty ? nil : .text(text), by: setting)
    case "timeout_seconds": service.take("stop.timeout", Words.duration(text), by: setting)
    case "signal": service.take("stop.signal", .text(text), by: setting)
    case "parent_only": service.take("stop.scope", Words.flag(text).map { .plain($0 ? "process" : "group") }, by: setting)
    default: service.leave(setting, "it has no counterpart")
    }
  }

  /// A probe: a command or a URL, and its times.
  private struct Probe {
    let value: ForeignValue
    let setting: Setting

    init(_ value: ForeignValue, _ setting: Setting) { (self.value, self.setting) = (value, setting) }

    func map(into service: inout Draft, _ file: ForeignFile) {
      let hasCheck = value["exec"]?["command"]?.text != nil || value["http_get"] != nil
      for entry in value.entries {
        let own = entry.setting(file, in: setting.name)
        let text = entry.value.text ?? ""
        guard hasCheck else {
          service.leave(own, "there is no exec or http_get beside it")
          continue
        }
        switch entry.key {
        case "exec": service.take("health.exec.command", entry.value["command"]?.text.map { .text($0) }, by: own)
        case "http_get": http(entry.value, own, into: &service)
        case "initial_delay_seconds": service.take("health.start_period", Words.duration(text), by: own)
        case "period_seconds": service.take("health.interval", Words.duration(text), by: own)
        case "timeout_seconds": service.take("health.timeout", Words.duration(text), by: own)
        case "success_threshold": service.take("health.recovery_threshold", Words.number(text), by: own)
        case "failure_threshold": service.take("health.failure_threshold", Words.number(text), by: own)
        default: service.leave(own, "it has no counterpart")
        }
      }
    }

    private func http(_ value: ForeignValue, _ setting: Setting, into service: inout Draft) {
      let path = value["path"]?.text ?? "/"
      let port = value["port"]?.text.map { ":\($0)" } ?? ""
      let url =
        "\(value["scheme"]?.text ?? "http")://\(value["host"]?.text ?? "127.0.0.1")\(port)\(path.hasPrefix("/") ? path : "/" + path)"
      service.set("health.http.url", .text(url), by: setting)
      if let status = value["status_code"]?.text { service.set("health.http.status", .text(status), by: setting) }
      if let headers = value["headers"]?.pairs {
        for (name, text) in headers { service.set(["health", "http", "headers", name], .text(text ?? ""), by: setting) }
      }
    }
  }
}
