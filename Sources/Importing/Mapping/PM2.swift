// Ecosystem files of pm2, as JSON or YAML.

import ServiceFile

struct PM2 {
  private let file: ForeignFile
  private let root: ForeignValue

  init(_ file: ForeignFile) throws(ServiceFileError) {
    self.file = file
    root = try file.tree()
    guard !apps.isEmpty else {
      throw file.fault("an ecosystem file of pm2 has a list 'apps' of mappings; JavaScript is not read", line: root.line)
    }
  }

  private var apps: [ForeignValue] {
    let all = root["apps"] ?? root
    return (all.elements.isEmpty && all["script"] != nil ? [all] : all.elements).filter(\.isMapping)
  }

  func map(into drafts: inout Drafts) {
    if root["apps"] != nil {
      for entry in root.entries where entry.key != "apps" { drafts.file.leave(entry.setting(file), "it has no counterpart") }
    }
    for app in apps {
      let script = app["script"]?.text ?? ""
      let base = script.split(separator: "/").last.map { String($0).cut(before: ".") } ?? "app"
      let index = drafts.add(app["name"]?.text ?? base)
      var service = drafts.services[index]
      for entry in app.entries {
        drafts.account(for: entry.setting(file), in: &service) { service, _ in map(entry, app, into: &service) }
      }
      drafts.services[index] = service
    }
  }

  private func map(_ entry: ForeignValue.Entry, _ app: ForeignValue, into service: inout Draft) {
    let setting = entry.setting(file)
    let value = entry.value
    let text = value.text ?? ""
    func flag(_ path: String) { service.take(path, Words.flag(text).map { .plain("\($0)") }, by: setting) }
    switch entry.key {
    case "name": service.leave(setting, "it is the name of the service")
    case "script", "args", "interpreter", "exec_interpreter", "node_args", "interpreter_args": command(app, setting, into: &service)
    case "cwd": service.take("directory", value.text.map { .text($0) }, by: setting)
    case "env":
      for (name, text) in value.pairs ?? [] { service.set(["environment", name], .text(text ?? ""), by: setting) }
    case "instances":
      switch Int(text) {
      case let count? where count > 1: service.set("instances", .plain("\(count)"), by: setting)
      case 1: service.leave(setting, "one is what a service is")
      default: service.leave(setting, "a number of processors is not known here: write the number")
      }
    case "autorestart": service.take("restart.policy", Words.flag(text).map { .plain($0 ? "always" : "never") }, by: setting)
    case "max_restarts": service.take("restart.max_attempts", Words.number(text), by: setting)
    case "restart_delay", "exp_backoff_restart_delay": service.take("restart.backoff.base", Words.duration(text, unit: "ms"), by: setting)
    case "min_uptime": service.take("ready.min_uptime", Words.duration(text, unit: "ms"), by: setting)
    case "kill_timeout": service.take("stop.timeout", Words.duration(text, unit: "ms"), by: setting)
    case "listen_timeout": service.take("ready.timeout", Words.duration(text, unit: "ms"), by: setting)
    case "stop_exit_codes":
      service.take("restart.success_exit_codes", value.texts.map { Words.codes($0.joined(separator: ",")) }, by: setting)
    case "out_file", "output", "out", "log_file", "log": service.take("log.path", value.text.map { .text($0) }, by: setting)
    case "error_file", "error", "err_file": service.take("log.stderr_path", value.text.map { .text($0) }, by: setting)
    case "uid", "user": service.take("user", value.text.map { .text($0) }, by: setting)
    case "gid": service.take("group", value.text.map { .text($0) }, by: setting)
    case "namespace": service.take("labels.namespace", value.text.map { .text($0) }, by: setting)
    case "merge_logs", "combine_logs": service.leave(setting, "instances have logs of their own, or one with 'log.shared'")
    case "exec_mode": service.leave(setting, "instances are processes of their own, and share no port")
    case "watch", "ignore_watch", "watch_delay": service.leave(setting, "Stoker watches no files")
    case "max_memory_restart": service.leave(setting, "memory use restarts nothing here; limits.memory bounds it")
    case "cron_restart": service.leave(setting, "nothing is restarted by the clock; see runtime_max")
    case "wait_ready": service.leave(setting, "pm2's message is Node's own; see 'ready'")
    default:
      service.leave(setting, entry.key.hasPrefix("env_") ? "it is an environment for --env: copy what is needed" : "it has no counterpart")
    }
  }

  /// Interpreter, its arguments, script and arguments are one command line, by pm2's rules for endings.
  private func command(_ app: ForeignValue, _ setting: Setting, into service: inout Draft) {
    func words(_ keys: String...) -> [String] {
      for key in keys {
        guard let value = app[key] else { continue }
        return value.text.map { CommandWords.split($0) ?? [$0] } ?? value.texts ?? []
      }
      return []
    }
    if let known = service.keys.firstIndex(where: { $0.path == ["command"] }) {
      service.keys[known].further.append(setting)
      return
    }
    guard let script = app["script"]?.text, !script.isEmpty else { return service.leave(setting, "there is no script") }
    let interpreters = [
      "js": "node", "mjs": "node", "cjs": "node", "py": "python3", "sh": "bash", "rb": "ruby", "php": "php", "pl": "perl", "ts": "bun",
    ]
    let named = app["interpreter"]?.text ?? app["exec_interpreter"]?.text
    let interpreter = named ?? (script.contains(" ") ? nil : interpreters[script.split(separator: ".").last.map(String.init) ?? ""])
    var all: [String] = []
    if let interpreter, interpreter != "none" { all = [interpreter] + words("node_args", "interpreter_args") }
    // Without an interpreter it is a program, perhaps with arguments.
    all += interpreter == nil ? CommandWords.split(script) ?? [script] : [script]
    service.set("command", .texts(all + words("args")), by: setting)
  }
}
