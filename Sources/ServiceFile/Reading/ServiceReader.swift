// One service, or `defaults:`, which has the same keys.
import Addresses
import Orchestration

/// Reads one service with its defaults beneath it. The aspects (health, restart and stop, order, its process) stand in extensions.
struct ServiceReader {
  let reader: MappingReader
  let name: String
  /// The section whose instance is read; nil where the section is one service.
  let section: String?
  /// The service's own keys, without defaults; nil when `defaults:` itself is read, where nothing is required.
  let own: Node?

  var context: ReadingContext { reader.context }

  init(_ reader: MappingReader, name: String, section: String?, own: Node?) {
    self.reader = reader
    self.name = name
    self.section = section
    self.own = own
  }

  func read() -> ServiceDraft {
    let kindEntry = reader.present(["kind"]).first
    let kind = reader.choice("kind", ServiceSpec.Kind.self, except: [.inProcess])
    var spec = ServiceSpec(name: name, section: section, kind: kind ?? .process)
    // The reader of the section has read it.
    if let entry = reader.take("instances"), own == nil {
      context.report(entry.keyMark, "'instances' cannot be in 'defaults': give it to each service of which there are to be several")
    }
    spec.isEnabled = reader.flag("enabled") ?? spec.isEnabled
    spec.isCritical = reader.flag("critical") ?? spec.isCritical
    spec.layer = reader.integer("layer", in: 0...1_000_000)
    let health = readHealth()
    spec.check = health.policy
    spec.restart = readRestart(spec.restart)
    spec.heartbeat = readHeartbeat(spec.heartbeat)

    let process = readProcess(kind ?? .process)
    spec.start = process.start
    spec.hooks = Set(process.hooks.keys)
    spec.watchdog = process.watchdog
    spec.runtimeMax = process.runtimeMax
    spec.stop = process.stop
    spec.reload = process.reload

    var definition = ServiceDefinition(spec: spec, directory: context.directory(of: reader.mark))
    definition.check = health.target
    definition.healthHistory = health.history ?? definition.healthHistory
    definition.description = reader.line("description")
    definition.type = reader.line("type") ?? section ?? definition.type
    definition.version = reader.line("version")
    definition.labels = reader.dictionary("labels", of: "texts") ?? [:]
    definition.directory = reader.path("directory") ?? definition.directory
    definition.environmentFiles = reader.fileReferences("environment_file").map(\.file)
    definition.inheritsEnvironment = reader.flag("inherit_environment") ?? definition.inheritsEnvironment
    definition.environment = reader.environment("environment")
    definition.endpoints = readEndpoints()
    definition.metrics = readMetrics()
    definition.command = process.command
    definition.pidFile = process.pidFile
    definition.setup = process.setup
    definition.hooks = process.hooks
    definition.readiness = process.readiness
    definition.hearsMainAlone = process.hearsMainAlone
    definition.log = process.log.section

    var draft = ServiceDraft(definition: definition, logPathMark: process.log.pathMark, errorPathMark: process.log.errorPathMark)
    draft.requests = readDependencies(kind ?? .process)
    // Without a valid kind there are no rules to check.
    if own != nil, kindEntry == nil || kind != nil { checkKindRules(of: spec, health) }
    reader.finish()
    return draft
  }

  /// Whether the service itself has this key.
  func isOwn(_ key: String) -> Bool {
    ownEntry([key]) != nil
  }

  /// The service's own value at the end of these keys, without defaults.
  func ownEntry(_ path: [String]) -> Node.Entry? {
    var entry: Node.Entry?
    var node = own
    for key in path {
      entry = node?.entries?.first { $0.key == key }
      node = entry?.value
    }
    return entry
  }

  /// Checks the rules of the service's kind (rule 28).
  private func checkKindRules(of spec: ServiceSpec, _ health: HealthReading) {
    switch spec.kind {
    case .process, .forking, .inProcess:
      requireCommand()
    case .oneshot:
      requireCommand()
      if spec.restart.rule == .always, let policy = reader.present(["restart"]).first?.value.entries?.first(where: { $0.key == "policy" }) {
        context.report(
          policy.value.mark, "\(reader.scope) is a oneshot: 'restart.policy: always' would restart it forever; use on-failure or never")
      }
    case .external:
      if spec.check == nil, !health.isLackReported {
        context.report(
          reader.mark, "\(reader.scope) is external and needs a check: give it 'health' with http, tcp, exec, file or heartbeat")
      }
    }
  }

  private func requireCommand() {
    if reader.present(["command"]).isEmpty { reader.missing("command", "a list of arguments, or a line for /bin/sh") }
  }

  private func readEndpoints() -> [String: String] {
    reader.dictionary(
      "endpoints", of: "URLs",
      name: { ServiceName.isValid($0) ? nil : "cannot be an endpoint's name: a name is \(ServiceName.expected)" },
      value: { url in
        URLText.isURL(url) ? nil : "must be a URL such as http://127.0.0.1:7001"
      }) ?? [:]
  }

  private func readMetrics() -> MetricsTarget? {
    guard let metrics = reader.mapping("metrics") else { return nil }
    if metrics.present(["port"]).isEmpty, own != nil { metrics.missing("port", "a number from 1 to 65535") }
    let port = metrics.integer("port", in: 1...65535)
    var path: String?
    if let entry = metrics.take("path"), let text = metrics.text(entry.value, "path") {
      let isPath = text.hasPrefix("/") && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
      path = isPath ? text : metrics.refuse(entry.value, "path", "a path that begins with '/', without spaces")
    }
    metrics.finish()
    return port.map { MetricsTarget(port: $0, path: path ?? "/metrics") }
  }
}

extension MappingReader {
  /// Variables of an environment, in the file's order.
  func environment(_ key: String) -> [NamedValue] {
    namedValues(key, of: "texts", name: EnvironmentFile.problem(ofName:)) ?? []
  }

  /// Reports a value of a feature that does not exist yet.
  func notSupportedValue(_ key: String) {
    guard let entry = present([key]).first else { return }
    context.report(entry.value.mark, "'\(key): \(entry.value.text)' in \(scope) is not supported yet")
  }
}

extension Node {
  /// A scalar as written, for messages.
  fileprivate var text: String {
    if case .scalar(let scalar) = value { return Spelling.shown(scalar.source) }
    return found
  }
}
