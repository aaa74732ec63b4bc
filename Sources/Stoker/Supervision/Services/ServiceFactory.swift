// Makes services from the service file and from the embedding program, with the logs and accounts that they keep over reloads.

import Exposition
import Glibc
import Orchestration
import Probes
import Processes
import ServiceFile
import ServiceLogs

/// Makes services, at the start and at each reload.
struct ServiceFactory: Sendable {
  let logs: LogCollector
  /// The variables that processes inherit, as `NAME=value`.
  let inherited: [EnvironmentVariable]
  /// The same for services of another user, without HOME, USER and the like: these get the values of that user.
  private let inheritedByOthers: [EnvironmentVariable]
  /// The descriptor limit that is restored for processes (rule 32).
  let descriptorLimit: DescriptorLimit?
  let stateDirectory: String?
  /// The state directory by its names: as it was given, and without links.
  private let spared: [String]
  /// Services of the embedding program, the same over all reloads.
  let inProcess: [InProcessService]
  /// The rule for environment files.
  let policy: FilePolicy

  init(
    logs: LogCollector, inherited: [EnvironmentVariable], descriptorLimit: DescriptorLimit?, stateDirectory: String?,
    inProcess: [InProcessService],
    policy: FilePolicy = FilePolicy(trustsFiles: false)
  ) {
    self.logs = logs
    self.inherited = inherited
    inheritedByOthers = ServiceEnvironment.inheritedByOthers(inherited)
    self.descriptorLimit = descriptorLimit
    self.stateDirectory = stateDirectory
    let real = stateDirectory.flatMap { realpath($0, nil) }
    spared = [stateDirectory, real.map { String(cString: $0) }].compactMap(\.self)
    free(real)
    self.inProcess = inProcess
    self.policy = policy
  }

  /// Makes all services: those of the file first, in its order. Each keeps the log and the usage of the service that had its name before.
  func make(_ definitions: [ServiceDefinition], before: [Service] = []) throws -> [Service] {
    var indices: [String: Int] = [:]
    for name in definitions.map(\.spec.name) + inProcess.map(\.spec.name) {
      guard indices.updateValue(indices.count, forKey: name) == nil else { throw SupervisorConfigurationError.duplicateName(name) }
    }
    let old = Dictionary(before.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let labels = StreamLabels(definitions)
    return try definitions.map { try make($0, among: definitions, labels, before: old[$0.spec.name]) }
      + inProcess.map { try make($0, definitions, indices, before: old[$0.spec.name]) }
  }

  private func make(
    _ definition: ServiceDefinition, among all: [ServiceDefinition], _ labels: StreamLabels, before: Service?
  ) throws -> Service {
    let launch = command(of: definition, among: all, labels)
    var service = Service(
      spec: definition.spec, description: definition.description, type: definition.type, version: definition.version,
      labels: definition.labels, endpoints: definition.endpoints, metrics: definition.metrics,
      launch: launch.map(Service.Launch.command) ?? .none, check: nil, historyLimit: definition.healthHistory,
      usage: before?.usage ?? UsageAccount())
    do {
      service.check = definition.spec.check == nil ? nil : try definition.check.map { try Service.Check($0) }
    } catch {
      throw SupervisorConfigurationError.check(service: definition.spec.name, reason: "\(error)")
    }
    if let launch { service.log = try log(launch.logPolicy, of: definition.spec.name, before: before) }
    service.continueCounts(of: before)
    return service
  }

  private func make(
    _ service: InProcessService, _ definitions: [ServiceDefinition], _ indices: [String: Int], before: Service?
  ) throws -> Service {
    var spec = service.spec
    spec.kind = .inProcess
    spec.dependencies = []
    for name in service.dependsOn {
      guard let index = indices[name] else {
        throw SupervisorConfigurationError.unknownDependency(service: service.spec.name, dependency: name)
      }
      let provider = index < definitions.count ? definitions[index].spec : inProcess[index - definitions.count].spec
      spec.dependencies.append(Dependency(ServiceID(index), condition: provider.check == nil ? .started : .healthy))
    }
    var made = Service(
      spec: spec, description: service.description, type: service.type ?? service.spec.name, version: service.version, labels: [:],
      endpoints: [:], launch: .task(service.run), check: service.health.map(Service.Check.function), historyLimit: 100,
      usage: before?.usage ?? UsageAccount())
    made.continueCounts(of: before)
    return made
  }

  /// Keeps the log if its path and mode are the same; its limits may change.
  private func log(_ policy: LogPolicy, of name: String, before: Service?) throws -> ServiceLog {
    if let old = before?.command?.logPolicy, old.hasSamePlace(as: policy), let log = before?.log {
      if old != policy { log.apply(policy) }
      return log
    }
    return try logs.open(policy, name: name)
  }

  private func command(of definition: ServiceDefinition, among all: [ServiceDefinition], _ labels: StreamLabels) -> CommandLaunch? {
    guard let arguments = definition.command else { return nil }
    var readyPattern: String?
    if case .log(let pattern) = definition.readiness { readyPattern = pattern }
    return CommandLaunch(
      arguments: arguments, directory: definition.directory,
      environment: ServiceEnvironment(
        of: definition, among: all, inherited: definition.setup.user == nil ? inherited : inheritedByOthers, policy: policy),
      input: definition.setup.hasTerminal ? .terminal : definition.setup.input == .keepOpen ? .kept : .empty,
      setup: ProcessSetup(definition.setup, default: descriptorLimit), limits: ControlGroupLimits(definition.setup.limits),
      notify: NotifyMode(definition.readiness), hearsMainAlone: definition.hearsMainAlone, watchdog: definition.spec.watchdog,
      pidFile: definition.pidFile,
      readyPattern: readyPattern, hooks: definition.hooks,
      logPolicy: logPolicy(of: definition, labels))
  }

  /// The state directory is not made again by a log: where it is lost, it can be put back (rule 64).
  private func logPolicy(of definition: ServiceDefinition, _ labels: StreamLabels) -> LogPolicy {
    var policy = LogPolicy(definition.log, name: definition.spec.name, stateDirectory: stateDirectory)
    policy.label = labels[definition.spec.name, isErrors: false]
    policy.errorLabel = labels[definition.spec.name, isErrors: true]
    if definition.setup.hasTerminal { policy.streams = .terminal }
    policy.spared = spared
    return policy
  }
}

extension Service {
  /// Counts on from the service that had this name before, if there was one.
  fileprivate mutating func continueCounts(of before: Service?) {
    switch check {
    case .probe, .function:
      checkDurations =
        before?.checkDurations ?? Histogram(bounds: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10], native: NativeBuckets())
    case .heartbeat, nil: checkDurations = nil
    }
    guard let before else { return }
    starts = before.starts
    if log !== before.log { starts.log = CountStart() }
    if checkDurations !== before.checkDurations { starts.checkDurations = CountStart() }
  }
}

extension Service.Check {
  fileprivate init(_ target: CheckTarget) throws {
    switch target {
    case .http(let check):
      self = .probe(
        .http(
          HTTPProbe(
            url: check.url, method: check.method, status: check.statuses,
            body: try check.bodyPattern.map { try Pattern($0) },
            headers: check.headers.map { HTTPProbe.Header($0.name, $0.value) },
            followRedirects: check.followRedirects)))
    case .tcp(let check):
      self = .probe(
        .tcp(
          TCPProbe(address: check.address, send: check.send.map { Array($0.utf8) }, expect: check.expect.map { Array($0.utf8) })
        ))
    case .exec(let check):
      self = .probe(
        .exec(
          ExecProbe(
            command: check.command, directory: check.directory,
            environment: Dictionary(check.environment.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }))))
    case .file(let check): self = .probe(.file(FileProbe(path: check.path, maxAge: check.maxAge)))
    case .heartbeat: self = .heartbeat
    }
  }
}

// Sections of the service file as values of the modules that apply them.

extension ProcessSetup {
  /// - Parameter limit: The descriptor limit of a service without one of its own.
  init(_ section: SetupSection, default limit: DescriptorLimit?) {
    let own = section.limits.descriptors.map { DescriptorLimit(soft: $0, hard: $0) }
    self.init(
      user: section.user, group: section.group, umask: section.umask, descriptorLimit: own ?? limit, coreLimit: section.limits.core,
      nice: section.nice.map(Int.init), oomScoreAdjustment: section.oomScoreAdjustment.map(Int.init),
      noNewPrivileges: section.noNewPrivileges)
  }
}

extension ControlGroupLimits {
  fileprivate init(_ section: LimitsSection) {
    self.init(memory: section.memory, tasks: section.tasks, cpu: section.cpu)
  }
}

extension NotifyMode {
  fileprivate init(_ readiness: ReadinessSource?) {
    switch readiness {
    case .s6: self = .s6
    case .systemd: self = .systemd
    case .log, nil: self = .none
    }
  }
}

extension LogPolicy {
  fileprivate init(_ section: ServiceLogSection, name: String, stateDirectory: String?) {
    let path: String? =
      switch section.path {
      case .default: stateDirectory.map { "\($0)/logs/\(name).log" }
      case .none: nil
      case .file(let path): path
      }
    self.init(
      path: path, mode: section.mode == .direct ? .direct : .pipe, maxSize: section.maxSize, maxFiles: section.maxFiles,
      timestamps: section.timestamps, memoryLines: section.memoryLines)
    streams = section.streams == .merged ? .merged : .split
    isShared = section.isShared
    switch section.errorPath {
    case .file(let path): errorFile = .file(path)
    case .some(.none): errorFile = LogPolicy.ErrorFile.none
    case .default, nil: errorFile = nil
    }
  }

  /// Whether a log goes on under another policy.
  fileprivate func hasSamePlace(as other: LogPolicy) -> Bool {
    path == other.path && mode == other.mode && errorFile == other.errorFile && isShared == other.isShared
  }
}
