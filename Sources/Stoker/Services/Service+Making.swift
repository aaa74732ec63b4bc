// Services from the service file and from the embedding program, with their dependencies resolved into one graph.

import Orchestration
import Probes
import Processes
import ServiceFile

/// The services of a configuration cannot be supervised as they are.
public enum SupervisorConfigurationError: Error, CustomStringConvertible {
  /// Two services have the same name.
  case duplicateName(String)
  /// A service depends on a name that is nobody's.
  case unknownDependency(service: String, dependency: String)
  /// The dependencies go round in a circle.
  case graph(String)
  /// A check cannot be made from what the service file says.
  case check(service: String, reason: String)

  /// One sentence for people.
  public var description: String {
    switch self {
    case .duplicateName(let name): "two services are called '\(name)'"
    case .unknownDependency(let service, let dependency): "service '\(service)' depends on '\(dependency)', which does not exist"
    case .graph(let reason): reason
    case .check(let service, let reason): "service '\(service)': \(reason)"
    }
  }
}

extension Service {
  /// All services of a configuration: those of the file first, in its order.
  static func all(of configuration: SupervisorConfiguration) throws(SupervisorConfigurationError) -> [Service] {
    var services: [Service] = []
    for definition in configuration.definitions {
      services.append(try Service(definition, stateDirectory: configuration.stateDirectory))
    }
    var indices: [String: Int] = [:]
    for name in services.map(\.name) + configuration.inProcess.map(\.spec.name) {
      guard indices.updateValue(indices.count, forKey: name) == nil else { throw .duplicateName(name) }
    }
    for service in configuration.inProcess {
      services.append(try Service(service, indices: indices, configuration: configuration))
    }
    return services
  }

  private init(_ definition: ServiceDefinition, stateDirectory: String?) throws(SupervisorConfigurationError) {
    spec = definition.spec
    description = definition.description
    type = definition.type
    version = definition.version
    labels = definition.labels
    endpoints = definition.endpoints
    metrics = definition.metrics
    historyLimit = definition.healthHistory
    launch =
      definition.command.map { arguments in
        .command(
          CommandLaunch(
            arguments: arguments, directory: definition.directory,
            environment: definition.environment.map { ($0.name, $0.value) }, environmentFile: definition.environmentFile,
            log: LogPolicy(definition.log, name: definition.spec.name, stateDirectory: stateDirectory)))
      } ?? .none
    do {
      check = definition.spec.check == nil ? nil : try definition.check.map { try Check($0, of: definition) }
    } catch {
      throw .check(service: definition.spec.name, reason: "\(error)")
    }
  }

  private init(
    _ service: InProcessService, indices: [String: Int], configuration: SupervisorConfiguration
  ) throws(SupervisorConfigurationError) {
    spec = service.spec
    spec.kind = .inProcess
    spec.dependencies = []
    for name in service.dependsOn {
      guard let index = indices[name] else { throw .unknownDependency(service: service.spec.name, dependency: name) }
      let provider =
        index < configuration.definitions.count
        ? configuration.definitions[index].spec : configuration.inProcess[index - configuration.definitions.count].spec
      spec.dependencies.append(Dependency(ServiceID(index), condition: provider.check == nil ? .started : .healthy))
    }
    description = service.description
    type = service.type ?? service.spec.name
    version = service.version
    labels = [:]
    endpoints = [:]
    launch = .task(service.run)
    check = service.health.map(Check.function)
    historyLimit = 100
  }
}

extension Service.Check {
  fileprivate init(_ target: CheckTarget, of definition: ServiceDefinition) throws {
    switch target {
    case .http(let check):
      self = .probe(
        .http(
          HTTPProbe(
            url: try HTTPTarget(parsing: check.url), method: check.method, status: check.statuses,
            body: try check.bodyPattern.map { try Pattern($0) },
            headers: check.headers.map { HTTPProbe.Header($0.name, $0.value) },
            followRedirects: check.followRedirects)))
    case .tcp(let check):
      self = .probe(
        .tcp(
          TCPProbe(host: check.host, port: check.port, send: check.send.map { Array($0.utf8) }, expect: check.expect.map { Array($0.utf8) })
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

extension LogPolicy {
  fileprivate init(_ section: ServiceLogSection, name: String, stateDirectory: String?) {
    let path: String? =
      switch section.path {
      case .default: stateDirectory.map { "\($0)/logs/\(name).log" }
      case .none: nil
      case .file(let path): path
      }
    self.init(
      path: path, maxSize: section.maxSize, maxFiles: section.maxFiles, timestamps: section.timestamps,
      memoryLines: section.memoryLines)
  }
}
