// The keys of services that Stoker starts: the command, and all settings of its process.
import Orchestration

extension ServiceReader {
  /// The settings of a process; without arguments those of a service without keys, which an external service has too.
  struct ProcessReading {
    var command: [String]?
    var setup = SetupSection()
    var hooks: [Hook: [String]] = [:]
    var readiness: ReadinessSource?
    var pidFile: String?
    var hearsMainAlone = false
    var start = StartPolicy()
    var watchdog: Duration?
    var runtimeMax: Duration?
    var stop = StopPolicy()
    /// The place of a `stop.signal: none` without a command in its place.
    var lacksCommand: Mark?
    var reload: ReloadPolicy?
    var log = LogReading()
  }

  private static let processKeys = [
    "command", "user", "group", "umask", "limits", "nice", "oom_score_adj", "no_new_privileges", "stdin", "tty", "pid_file", "ready",
    "watchdog",
    "runtime_max", "reload", "stop", "hooks", "log",
  ]

  func readProcess(_ kind: ServiceSpec.Kind) -> ProcessReading {
    var process = ProcessReading()
    process.command = reader.command("command")
    process.setup = readSetup()
    process.hooks = readHooks()
    process.pidFile = reader.path("pid_file")
    process.watchdog = reader.duration("watchdog")
    process.runtimeMax = reader.duration("runtime_max")
    process.log = readLog()
    let ready = readReadiness(&process)
    readReload(&process)
    readStop(&process)
    guard own != nil else { return process }
    switch kind {
    case .external:
      // Keys from the defaults are not the service's own.
      for entry in own?.entries ?? [] where Self.processKeys.contains(entry.key) {
        context.report(entry.keyMark, "\(reader.scope) is external: it is never started, so it can have no '\(entry.key)'")
      }
      return ProcessReading()
    case .oneshot:
      refuseForOneshot("watchdog")
      refuseForOneshot("ready", "notify")
      refuseForOneshot("ready", "log")
      process.watchdog = nil
      process.readiness = nil
    case .forking:
      readForking(&process)
    case .process, .inProcess: break
    }
    if kind != .forking {
      if process.pidFile != nil, let entry = ownEntry(["pid_file"]) {
        context.report(entry.keyMark, "\(reader.scope) has a 'pid_file', which only 'kind: forking' reads")
      }
      process.pidFile = nil
    }
    process.start.isNotified = process.readiness != nil || process.pidFile != nil
    process.reload?.isReported = process.readiness == .systemd
    if let mark = process.lacksCommand {
      let stop = reader.scope.inside("stop")
      context.report(mark, "\(stop.name("signal")) is none, so nothing asks the process to end: add 'stop.command', or name a signal")
    }
    // Without a socket it means nothing, and a change of it must restart nothing.
    if process.readiness != .systemd, process.watchdog == nil { process.hearsMainAlone = false }
    checkDirectLog(&process, ready)
    checkStreams(&process)
    return process
  }

  private func readHooks() -> [Hook: [String]] {
    guard let hooks = reader.mapping("hooks") else { return [:] }
    var commands: [Hook: [String]] = [:]
    for hook in [Hook.preStart, .postStart, .preStop, .postStop] { commands[hook] = hooks.command(hook.rawValue) }
    hooks.finish()
    return commands
  }

  /// The mapping `ready`, for further faults in it.
  private func readReadiness(_ process: inout ProcessReading) -> MappingReader? {
    guard let ready = reader.mapping("ready") else { return nil }
    switch ready.choice("notify", Notification.self) {
    case .systemd: process.readiness = .systemd
    case .s6: process.readiness = .s6
    case nil: break
    }
    if let pattern = ready.pattern("log", allowsEmpty: false) { process.readiness = .log(pattern: pattern) }
    process.hearsMainAlone = ready.choice("from", Senders.self) == .main
    process.start.timeout = ready.duration("timeout") ?? process.start.timeout
    process.start.minUptime = ready.duration("min_uptime") ?? process.start.minUptime
    let ways = ready.present(Node.readinessWays)
    if ways.count > 1 {
      context.report(ways[1].keyMark, "\(ready.scope) has both 'notify' and 'log': a start is done by one of them")
    }
    ready.finish()
    return ready
  }

  private enum Notification: String, CaseIterable {
    case systemd, s6
  }

  private enum Senders: String, CaseIterable {
    case any, main
  }

  /// A program that goes into the background has started when its pid file names its main process.
  private func readForking(_ process: inout ProcessReading) {
    if reader.present(["pid_file"]).isEmpty {
      reader.missing("pid_file", "the file in which the program leaves the number of its main process")
    }
    for key in Node.readinessWays {
      guard let entry = ownEntry(["ready", key]) else { continue }
      context.report(
        entry.keyMark, "\(reader.scope) is forking: it has started when its 'pid_file' is there, so it can have no 'ready.\(key)'")
    }
    process.readiness = nil
  }

  /// Refuses the keys that watch a running process on a oneshot; it ignores them in the defaults.
  private func refuseForOneshot(_ path: String...) {
    guard let entry = ownEntry(path) else { return }
    context.report(
      entry.keyMark, "\(reader.scope) is a oneshot: it is done when it ends, so it can have no '\(path.joined(separator: "."))'")
  }

  /// Checks the keys of `log` that need two outputs.
  private func checkStreams(_ process: inout ProcessReading) {
    let scope = reader.scope.inside("log")
    if process.setup.hasTerminal {
      if let entry = ownEntry(["log", "mode"]), process.log.section.mode == .direct {
        context.report(entry.value.mark, "\(scope.name("mode")) cannot be direct with 'tty: true': a terminal needs somebody who reads it")
      }
      if process.log.streams == .split, let entry = ownEntry(["log", "streams"]) {
        context.report(entry.value.mark, "\(scope.name("streams")) cannot be split with 'tty: true': a terminal takes both outputs")
      }
      process.log.section.mode = .pipe
      process.log.section.streams = .merged
    }
    if process.log.section.errorPath != nil, process.log.section.streams == .merged {
      if let entry = ownEntry(["log", "stderr_path"]) {
        let reason =
          process.setup.hasTerminal
          ? "'tty: true' has both outputs in one"
          : process.log.section.mode == .direct ? "'mode: direct' has one file" : "'streams: merged' has both outputs in one"
        context.report(entry.value.mark, "\(scope.name("stderr_path")) needs 'mode: pipe' and 'streams: split': \(reason)")
      }
      process.log.section.errorPath = nil
      process.log.errorPathMark = nil
    }
    if process.log.section.isShared, process.log.section.mode == .direct {
      if let entry = ownEntry(["log", "shared"]) {
        context.report(
          entry.value.mark, "\(scope.name("shared")) cannot be true with 'mode: direct': each service would rotate the file of the others")
      }
      process.log.section.isShared = false
    }
  }

  /// Checks the rules of `mode: direct`, where the output never passes through Stoker.
  private func checkDirectLog(_ process: inout ProcessReading, _ ready: MappingReader?) {
    guard process.log.section.mode == .direct, let mode = reader.present(["log"]).first?.value.entries?.first(where: { $0.key == "mode" })
    else { return }
    let scope = reader.scope.inside("log")
    if process.log.section.path == .none {
      let place = ownEntry(["log", "path"]) ?? mode
      context.report(
        place.value.mark, "\(scope.name("path")) must be a file with 'mode: direct', not 'none': the service writes to it itself")
    }
    if process.log.timestamps == true, let entry = ownEntry(["log", "timestamps"]) {
      context.report(
        entry.value.mark, "\(scope.name("timestamps")) cannot be true with 'mode: direct': the service writes its lines itself")
    }
    process.log.section.timestamps = false
    if process.log.streams == .split, let entry = ownEntry(["log", "streams"]) {
      context.report(
        entry.value.mark, "\(scope.name("streams")) cannot be split with 'mode: direct': the service writes both outputs into one file")
    }
    process.log.section.streams = .merged
    if case .log = process.readiness, let ready {
      let place = ownEntry(["ready", "log"]) ?? mode
      context.report(
        place.keyMark, "\(ready.scope.name("log")) needs 'log.mode: pipe': with 'direct' the output does not come through Stoker")
    }
  }
}
