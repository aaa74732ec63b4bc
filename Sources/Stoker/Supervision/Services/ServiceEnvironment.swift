// The environment of a service's process, in four layers: inherited, endpoints of its dependencies, its environment file, its own.

import Orchestration
import ServiceFile

/// The variables of one service without those of its environment file, which is read at each start. All services share one array of
/// inherited variables, which is merged only at a start: a thousand copies of it would be megabytes.
struct ServiceEnvironment: Sendable {
  private let inherited: [String]
  private let offered: [(name: String, value: String)]
  private let own: [(name: String, value: String)]
  private let file: String?

  /// - Parameter definitions: All services of the file; a dependency that is not among them adds no variables.
  init(of definition: ServiceDefinition, among definitions: [ServiceDefinition], inherited: [String]) {
    self.inherited = inherited
    offered = definition.spec.dependencies.filter { $0.service.index < definitions.count }.flatMap { dependency in
      let provider = definitions[dependency.service.index]
      return provider.endpoints.sorted { $0.key < $1.key }.map { endpoint in
        (Self.variable("STOKER_\(provider.spec.name)_\(endpoint.key)"), endpoint.value)
      }
    }
    own = definition.environment.map { ($0.name, $0.value) }
    file = definition.environmentFile
  }

  /// Whether there is an environment file: reading it may wait for a disk.
  var hasFile: Bool { file != nil }

  /// The variables as `NAME=value`, later layers replacing earlier ones.
  /// - Parameter more: The last layer.
  /// - Throws: `ServiceFileError` if the environment file cannot be read.
  func variables(and more: [(name: String, value: String)] = []) throws -> [String] {
    let read = try file.map { try EnvironmentFile.read($0).map { ($0.name, $0.value) } } ?? []
    guard !(offered.isEmpty && own.isEmpty && read.isEmpty && more.isEmpty) else { return inherited }
    return Self.merge([inherited.map(Self.split), offered, read, own, more])
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
