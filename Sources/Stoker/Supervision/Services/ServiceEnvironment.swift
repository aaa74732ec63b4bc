// The environment of a service's process, in layers: inherited, endpoints of its dependencies, its directory, its environment files, its own.

import Linux
import NIOPosix
import Orchestration
import Processes
import ServiceFile

/// The variables of one service without those of its environment files, which are read at each start. All services share one array of
/// inherited variables, which is merged only at a start: a thousand copies of it would be megabytes.
struct ServiceEnvironment: Sendable {
  private let inherited: [EnvironmentVariable]
  private let offered: [(name: String, value: String)]
  private let own: [(name: String, value: String)]
  private let directory: String
  private let files: [FileReference]
  private let policy: FilePolicy

  /// The search path of a service that inherits nothing.
  static let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  /// - Parameter definitions: All services of the file; a dependency that is not among them adds no variables.
  init(of definition: ServiceDefinition, among definitions: [ServiceDefinition], inherited: [EnvironmentVariable], policy: FilePolicy) {
    self.inherited = definition.inheritsEnvironment ? inherited : [EnvironmentVariable(name: "PATH", value: Self.defaultPath)]
    self.policy = policy
    offered = Self.offers(to: definition, among: definitions).map { ($0.name, $0.value) } + Self.identity(of: definition)
    own = definition.environment.map { ($0.name, $0.value) }
    directory = definition.directory
    files = definition.environmentFiles
  }

  /// The inherited variables for a service of another user, without HOME, USER and the like: it gets the values of that user.
  static func inheritedByOthers(_ inherited: [EnvironmentVariable]) -> [EnvironmentVariable] {
    inherited.filter { variable in !ProcessSetup.userVariables.contains { variable.isNamed($0) } }
  }

  /// Whether there is an environment file: reading it may wait for a disk, or for the writer of a pipe.
  var hasFile: Bool { !files.isEmpty }

  /// The variables, later layers replacing earlier ones, with those of the environment files. Waits for a disk on NIO's blocking pool, and
  /// for the writer of a pipe on a thread of its own: the pool has few.
  /// - Parameters:
  ///   - directory: The working directory of the process; nil: the service's.
  ///   - more: The last layer.
  /// - Throws: `ServiceFileError` if an environment file cannot be read.
  func variables(in directory: String? = nil, and more: [(name: String, value: String)] = []) async throws -> [EnvironmentVariable] {
    variables(fromFile: try await fileValues(), in: directory, and: more)
  }

  /// The variables for a start, and the content of the environment files that is among them.
  func launch() async throws -> (variables: [EnvironmentVariable], content: EnvironmentContent) {
    let values = try await fileValues()
    return (variables(fromFile: values), EnvironmentContent(values, replacedBy: Set(own.map(\.name))))
  }

  private func fileValues() async throws -> [NamedValue] {
    var values: [NamedValue] = []
    for file in files { values += try await self.values(of: file) }
    return values
  }

  private func values(of file: FileReference) async throws -> [NamedValue] {
    let read: @Sendable () throws -> [NamedValue] = { [policy] in try EnvironmentFile.content(file, under: policy).values }
    let isPipe = try await NIOThreadPool.singleton.runIfActive { EnvironmentFile.isPipe(file.path) }
    return isPipe
      ? try await withCheckedThrowingContinuation { reply in
        do {
          _ = try NativeThread("stoker-pipe", isDetached: true) { reply.resume(with: Result(catching: read)) }
        } catch {
          reply.resume(throwing: error)
        }
      } : try await NIOThreadPool.singleton.runIfActive(read)
  }

  /// The variables of a service without an environment file.
  func variablesWithoutFile() -> [EnvironmentVariable] { variables(fromFile: []) }

  /// The variables with those that were read from the environment files.
  func variables(
    fromFile read: [NamedValue], in directory: String? = nil, and more: [(name: String, value: String)] = []
  ) -> [EnvironmentVariable] {
    let layers = [offered, [("PWD", directory ?? self.directory)], read.map { ($0.name, $0.value) }, own, more]
    return Self.merge([inherited] + layers.map { $0.map(EnvironmentVariable.init) })
  }

  /// Two endpoints that would become one variable, of which the last alone is seen, in words.
  static func clashes(of definition: ServiceDefinition, among all: [ServiceDefinition]) -> [(
    variable: String, first: String, second: String
  )] {
    var owners: [String: String] = [:]
    return offers(to: definition, among: all).compactMap { name, _, owner in
      defer { owners[name] = owner }
      return owners[name].map { (name, $0, owner) }
    }
  }

  /// The endpoints of its dependencies as variables.
  private static func offers(
    to definition: ServiceDefinition, among all: [ServiceDefinition]
  ) -> [(name: String, value: String, owner: String)] {
    definition.spec.dependencies.filter { $0.service.index < all.count }.flatMap { dependency in
      let provider = all[dependency.service.index]
      let service = provider.spec.name
      return provider.endpoints.sorted { $0.key < $1.key }.map { endpoint in
        let name = EndpointVariable.name(service: service, endpoint: endpoint.key)
        return (name, endpoint.value, "endpoint '\(endpoint.key)' of '\(service)'")
      }
    }
  }

  /// Later layers replace earlier ones; the order of first appearance is kept, and so is each byte.
  static func merge(_ layers: [[EnvironmentVariable]]) -> [EnvironmentVariable] {
    var positions: [ArraySlice<UInt8>: Int] = [:]
    var variables: [EnvironmentVariable] = []
    for variable in layers.joined() {
      if let position = positions[variable.name] {
        variables[position] = variable
      } else {
        positions[variable.name] = variables.count
        variables.append(variable)
      }
    }
    return variables
  }

  /// The variables that tell an instance which one it is.
  private static func identity(of definition: ServiceDefinition) -> [(name: String, value: String)] {
    guard let section = definition.spec.section, let instance = definition.instance else { return [] }
    return [(EndpointVariable.instance, instance), (EndpointVariable.section, section)]
  }
}
