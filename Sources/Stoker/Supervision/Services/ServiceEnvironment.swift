// The environment of a service's process: what is inherited, what its dependencies offer, its file, and its own.

import Orchestration
import ServiceFile

/// The variables of one service, all but those of its file, which is read at each start. What is inherited is the same array for all
/// services, and is merged at each start only: a thousand copies of it would be megabytes.
struct ServiceEnvironment: Sendable {
  private let inherited: [String]
  private let offered: [(name: String, value: String)]
  private let own: [(name: String, value: String)]
  private let file: String?

  /// - Parameter definitions: All services of the file; a dependency that is not among them offers nothing.
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

  /// Reading it may wait for a disk.
  var hasFile: Bool { file != nil }

  /// The variables as `NAME=value`, with those of its file between what is inherited and the service's own.
  /// - Parameter more: On top of all of them.
  /// - Throws: `ServiceFileError` where the file cannot be read.
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

  /// A legal variable's name: upper case, and `_` for whatever else.
  static func variable(_ text: String) -> String {
    String(text.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
  }
}
