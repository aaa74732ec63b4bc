// The environment of a service's process: what is inherited, what its dependencies offer, its file, and its own.

import Orchestration
import ServiceFile

/// The variables of one service, all but those of its file, which is read at each start.
struct ServiceEnvironment: Sendable {
  private let base: [(name: String, value: String)]
  private let own: [(name: String, value: String)]
  private let fixed: [String]

  /// Nil for services without a process.
  init?(of service: Service, among services: [Service], inherited: [String]) {
    guard case .command(let launch) = service.launch else { return nil }
    base =
      inherited.map(Self.split)
      + service.spec.dependencies.flatMap { dependency in
        let provider = services[dependency.service.index]
        return provider.endpoints.sorted { $0.key < $1.key }.map { endpoint in
          (Self.variable("STOKER_\(provider.name)_\(endpoint.key)"), endpoint.value)
        }
      }
    own = launch.environment
    fixed = Self.merge([base, own])
  }

  /// The variables as `NAME=value`, with those of `file` between what is inherited and the service's own.
  /// - Throws: `EnvironmentFileError` where the file cannot be read.
  func variables(reading file: String?) throws -> [String] {
    guard let file else { return fixed }
    return Self.merge([base, try EnvironmentFile.read(file).map { ($0.name, $0.value) }, own])
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
