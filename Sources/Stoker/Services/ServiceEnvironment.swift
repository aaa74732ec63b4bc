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

  /// Nil for services without a process.
  init?(of service: Service, among services: [Service], inherited: [String]) {
    guard case .command(let launch) = service.launch else { return nil }
    self.inherited = inherited
    offered = service.spec.dependencies.flatMap { dependency in
      let provider = services[dependency.service.index]
      return provider.endpoints.sorted { $0.key < $1.key }.map { endpoint in
        (Self.variable("STOKER_\(provider.name)_\(endpoint.key)"), endpoint.value)
      }
    }
    own = launch.environment
    file = launch.environmentFile
  }

  /// The variables as `NAME=value`, with those of its file between what is inherited and the service's own.
  /// - Throws: `ServiceFileError` where the file cannot be read.
  func variables() throws -> [String] {
    let read = try file.map { try EnvironmentFile.read($0).map { ($0.name, $0.value) } } ?? []
    guard !(offered.isEmpty && own.isEmpty && read.isEmpty) else { return inherited }
    return Self.merge([inherited.map(Self.split), offered, read, own])
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
