// The environment of a service's process, in four layers: inherited, endpoints of its dependencies, its environment file, its own.

import Linux
import NIOPosix
import Orchestration
import ServiceFile

/// The variables of one service without those of its environment file, which is read at each start. All services share one array of
/// inherited variables, which is merged only at a start: a thousand copies of it would be megabytes.
struct ServiceEnvironment: Sendable {
  private let inherited: [String]
  private let offered: [(name: String, value: String)]
  private let own: [(name: String, value: String)]
  private let file: String?
  private let policy: FilePolicy

  /// - Parameter definitions: All services of the file; a dependency that is not among them adds no variables.
  init(of definition: ServiceDefinition, among definitions: [ServiceDefinition], inherited: [String], policy: FilePolicy) {
    self.inherited = inherited
    self.policy = policy
    offered = definition.spec.dependencies.filter { $0.service.index < definitions.count }.flatMap { dependency in
      let provider = definitions[dependency.service.index]
      return provider.endpoints.sorted { $0.key < $1.key }.map { endpoint in
        (Self.variable("STOKER_\(provider.spec.name)_\(endpoint.key)"), endpoint.value)
      }
    }
    own = definition.environment.map { ($0.name, $0.value) }
    file = definition.environmentFile
  }

  /// Whether there is an environment file: reading it may wait for a disk, or for the writer of a pipe.
  var hasFile: Bool { file != nil }

  /// The variables as `NAME=value`, later layers replacing earlier ones, with those of the environment file. Waits for a disk on NIO's
  /// blocking pool, and for the writer of a pipe on a thread of its own: the pool has few.
  /// - Parameter more: The last layer.
  /// - Throws: `ServiceFileError` if the environment file cannot be read.
  func variables(and more: [(name: String, value: String)] = []) async throws -> [String] {
    variables(fromFile: try await fileValues(), and: more)
  }

  /// The variables for a start, and the content of the environment file that is among them.
  func launch() async throws -> (variables: [String], content: EnvironmentContent) {
    let values = try await fileValues()
    return (variables(fromFile: values, and: []), EnvironmentContent(values, replacedBy: Set(own.map(\.name))))
  }

  private func fileValues() async throws -> [NamedValue] {
    guard let file else { return [] }
    let read: @Sendable () throws -> [NamedValue] = { [policy] in try EnvironmentFile.read(file, under: policy) }
    let isPipe = try await NIOThreadPool.singleton.runIfActive { EnvironmentFile.isPipe(file) }
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
  func variablesWithoutFile() -> [String] { variables(fromFile: [], and: []) }

  private func variables(fromFile read: [NamedValue], and more: [(name: String, value: String)]) -> [String] {
    guard !(offered.isEmpty && own.isEmpty && read.isEmpty && more.isEmpty) else { return inherited }
    return Self.merge([inherited.map(Self.split), offered, read.map { ($0.name, $0.value) }, own, more])
  }

  /// Later layers replace earlier ones; the order of first appearance is kept.
  static func merge(_ layers: [[(name: String, value: String)]]) -> [String] {
    var positions: [String: Int] = [:]
    var variables: [String] = []
    for (name, value) in layers.joined() {
      let variable = "\(name)=\(value)"
      if let position = positions[name] {
        variables[position] = variable
      } else {
        positions[name] = variables.count
        variables.append(variable)
      }
    }
    return variables
  }

  static func split(_ variable: String) -> (name: String, value: String) {
    guard let equals = variable.firstIndex(of: "=") else { return (variable, "") }
    return (String(variable[..<equals]), String(variable[variable.index(after: equals)...]))
  }

  /// A legal variable's name: upper case, with `_` for all other characters.
  static func variable(_ text: String) -> String {
    String(text.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
  }
}
