// supervisord.conf: its sections and their settings.

import ServiceFile

struct Supervisord {
  private let file: ForeignFile
  private let sections: [INIFile.Section]

  init(_ file: ForeignFile) throws(ServiceFileError) {
    self.file = file
    sections = try INIFile(file, .python).sections
  }

  func map(into drafts: inout Drafts) {
    for section in sections {
      if section.name.hasPrefix("program:") {
        map(section, String(section.name.dropFirst("program:".count)).trimmed, into: &drafts)
      } else {
        for setting in section.settings { leave(setting, of: section, in: &drafts) }
        if section.settings.isEmpty {
          let setting = Setting(name: "[\(section.name)]", value: "", place: Place(file: file.name, line: section.line))
          drafts.file.leave(setting, reason(of: section.name, ""))
        }
      }
    }
  }

  private func leave(_ setting: Setting, of section: INIFile.Section, in drafts: inout Drafts) {
    var whole = setting
    whole.name = "[\(section.name)] \(setting.name)"
    if section.name == "supervisord", setting.name == "loglevel",
      let level = ["critical": "error", "error": "error", "warn": "warning", "info": "info", "debug": "debug"][setting.value]
    {
      drafts.file.set("stoker.log.level", .plain(level), by: whole)
    } else {
      drafts.file.leave(whole, reason(of: section.name, setting.name))
    }
  }

  private func reason(of section: String, _ key: String) -> String {
    switch section.prefix(while: { $0 != ":" }) {
    case "unix_http_server", "inet_http_server", "supervisorctl", "rpcinterface":
      "Stoker has its own control socket and API: see stoker.listen"
    case "group": "services are chosen by 'labels', or by patterns of names"
    case "include": "import the files that it names together with this one"
    case "eventlistener": "events are read with 'stoker events'"
    case "fcgi-program": "Stoker opens no sockets for services"
    case "supervisord":
      switch key {
      case "nodaemon": "Stoker always stays in the foreground"
      case "logfile", "logfile_maxbytes", "logfile_backups": "Stoker logs to its standard error"
      case "user": "Stoker runs as the user that starts it; services have a key 'user'"
      case "minfds", "minprocs": "limits come from the service manager; services have 'limits'"
      default: "it has no counterpart"
      }
    default: "it has no counterpart"
    }
  }

  private func map(_ section: INIFile.Section, _ name: String, into drafts: inout Drafts) {
    let index = drafts.add(name)
    var service = drafts.services[index]
    let all = section.settings
    func value(_ key: String) -> String? { all.last { $0.name == key }?.value }
    let count = Int(value("numprocs") ?? "1") ?? 1
    let isMerged = value("redirect_stderr").flatMap(Words.flag) == true
    for setting in all {
      guard let expanded = Self.expanded(setting.value, name, file.directory, isOne: count == 1) else {
        service.leave(setting, "Stoker has no such value: only %(program_name)s, %(process_num)d, %(here)s and %(ENV_NAME)s")
        continue
      }
      map(setting, expanded, count: count, isMerged: isMerged, into: &service)
    }
    drafts.services[index] = service
  }

  private func map(_ setting: Setting, _ value: Expanded, count: Int, isMerged: Bool, into service: inout Draft) {
    func take(_ path: String, _ taken: Value?) {
      if let taken { service.set(path, taken, by: setting) } else { service.leave(setting, "its value has no counterpart") }
    }
    let text = value.plain
    switch setting.name {
    case "command":
      take("command", CommandWords.split(value.text).map { .list($0.map(value.value)) })
    case "process_name":
      let isUsual =
        text == service.name || setting.value == "%(program_name)s" || setting.value.hasPrefix("%(program_name)s_%(process_num)")
      service.leave(setting, isUsual ? "names of instances are NAME@1, NAME@2 and so on" : "a service has the name of its section")
    case "numprocs": if count > 1 { take("instances", Words.number(text)) } else { service.leave(setting, "one is what a service is") }
    case "directory": take("directory", value.value)
    case "user": take("user", .text(text.cut(before: ":")))
    case "umask": take("umask", Words.octal(text))
    case "autostart": take("enabled", Words.flag(text).map { .plain("\($0)") })
    case "autorestart":
      switch Words.flag(text) {
      case true: take("restart.policy", .plain("always"))
      case false: take("restart.policy", .plain("never"))
      case nil: take("restart.policy", text == "unexpected" ? .plain("on-failure") : nil)
      }
    case "startsecs": take("ready.min_uptime", Double(text).flatMap { $0 > 0 ? Words.duration(text) : nil })
    case "startretries": take("restart.max_attempts", Words.number(text))
    case "exitcodes": take("restart.success_exit_codes", Words.codes(text))
    case "stopsignal": take("stop.signal", .text(text))
    case "stopwaitsecs": take("stop.timeout", Words.duration(text))
    case "stopasgroup", "killasgroup":
      // The rest is killed as a whole in any case.
      switch (setting.name, Words.flag(text)) {
      case ("stopasgroup", let isAll?): take("stop.scope", .plain(isAll ? "group" : "process"))
      default: service.leave(setting, "SIGKILL goes to the whole service in any case")
      }
    case "redirect_stderr": take("log.streams", Words.flag(text).map { .plain($0 ? "merged" : "split") })
    case "stdout_logfile": log("log.path", value, setting, into: &service)
    case "stderr_logfile":
      if isMerged {
        service.leave(setting, "redirect_stderr takes both outputs")
      } else {
        log("log.stderr_path", value, setting, into: &service)
      }
    case "stdout_logfile_maxbytes":
      if text == "0" {
        service.leave(setting, "a log is always bounded; a device or pipe is never rotated")
      } else {
        take("log.max_size", .text(text))
      }
    case "stdout_logfile_backups": take("log.max_files", Int(text).map { .plain("\($0 + 1)") })
    case "environment": environment(value, setting, into: &service)
    case "priority": service.leave(setting, "the order comes from 'depends_on'")
    case "stderr_logfile_maxbytes", "stderr_logfile_backups":
      service.leave(setting, "both logs have the bounds of log.max_size and log.max_files")
    default: service.leave(setting, "it has no counterpart")
    }
  }

  private func log(_ path: String, _ value: Expanded, _ setting: Setting, into service: inout Draft) {
    switch value.plain.uppercased() {
    case "AUTO": service.leave(setting, "a log in the state directory is the default")
    case "NONE": service.set(path, .plain("none"), by: setting)
    case "SYSLOG": service.leave(setting, "Stoker writes to no syslog")
    default:
      let stream = [
        "/dev/fd/1": "/dev/stdout", "/dev/fd/2": "/dev/stderr", "/proc/self/fd/1": "/dev/stdout", "/proc/self/fd/2": "/dev/stderr",
      ]
      service.set(path, stream[value.plain].map { .text($0) } ?? value.value, by: setting)
    }
  }

  /// `KEY="value",KEY2=value2`: by the words of a line, with commas between them.
  private func environment(_ value: Expanded, _ setting: Setting, into service: inout Draft) {
    var pairs: [(String, String)] = []
    for part in Self.parts(value.text.replacing("\n", with: "")) where !part.trimmed.isEmpty {
      guard let sign = part.firstIndex(of: "="), let words = CommandWords.split(String(part[part.index(after: sign)...])) else {
        return service.leave(setting, "it is no list of NAME=\"value\"")
      }
      pairs.append((String(part[..<sign]).trimmed, words.joined(separator: " ")))
    }
    if pairs.isEmpty { return service.leave(setting, "it is empty") }
    for (name, text) in pairs { service.set(["environment", name], value.value(text), by: setting) }
  }

  /// The parts between commas that stand in no quotes.
  private static func parts(_ text: String) -> [String] {
    var parts = [""]
    var quote: Character?
    for character in text {
      if character == ",", quote == nil {
        parts.append("")
        continue
      }
      if quote == character { quote = nil } else if quote == nil, character == "\"" || character == "'" { quote = character }
      parts[parts.count - 1].append(character)
    }
    return parts
  }

  /// A value whose `%(…)s` are replaced. References to variables are marked until the text is divided.
  struct Expanded {
    /// The text, with a private character in the place of each `$` that begins a reference.
    var text: String

    static let mark: Character = "\u{F8FF}"

    /// The text without references.
    var plain: String { text.replacing(String(Self.mark), with: "$") }

    var value: Value { value(text) }

    /// A part of the text as a value.
    func value(_ part: String) -> Value {
      guard part.contains(Self.mark) else { return .text(part) }
      return .reference(part.replacing("$", with: "$$").replacing(String(Self.mark), with: "$"))
    }
  }

  private static func expanded(_ text: String, _ name: String, _ directory: String, isOne: Bool) -> Expanded? {
    var output = ""
    var rest = text[...]
    while let sign = rest.firstIndex(of: "%") {
      output += rest[..<sign]
      rest = rest[rest.index(after: sign)...]
      if rest.first == "%" {
        output.append("%")
        rest.removeFirst()
        continue
      }
      guard rest.first == "(", let end = rest.firstIndex(of: ")") else { return nil }
      let key = String(rest[rest.index(after: rest.startIndex)..<end])
      rest = rest[rest.index(after: end)...]
      // The format behind it: `s`, `d`, `02d`.
      guard let letter = rest.firstIndex(where: { $0 == "s" || $0 == "d" }), rest[..<letter].allSatisfy(\.isNumber) else { return nil }
      rest = rest[rest.index(after: letter)...]
      switch key {
      case "program_name", "group_name": output += name
      case "here": output += directory
      case "process_num": output += isOne ? "0" : "\(Expanded.mark){instance}"
      case _ where key.hasPrefix("ENV_"): output += "\(Expanded.mark){\(key.dropFirst(4)):-}"
      default: return nil
      }
    }
    return Expanded(text: output + rest)
  }
}
