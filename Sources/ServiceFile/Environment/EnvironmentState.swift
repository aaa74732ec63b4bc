// The environment files as they are now: a reload and `check` say before the next start what is wrong with them.
import Orchestration

/// The environment file of one service.
package struct EnvironmentState: Sendable {
  /// The service.
  package let service: ServiceDefinition
  /// The file's absolute path.
  package let path: String
  /// The variables in it, or the error that a start would have.
  package let variables: Result<[NamedValue], ServiceFileError>

  /// The environment files of all services. Each file is read once; one that is a pipe is not read, since that takes its content from the
  /// next start.
  package static func all(of file: ServiceFile, under policy: FilePolicy) -> [EnvironmentState] {
    var read: [String: Result<[NamedValue], ServiceFileError>] = [:]
    return file.services.compactMap { service in
      guard let path = service.environmentFile, !EnvironmentFile.isPipe(path) else { return nil }
      let variables =
        read[path] ?? Result { () throws(ServiceFileError) in try EnvironmentFile.read(path, under: policy) }
      read[path] = variables
      return EnvironmentState(service: service, path: path, variables: variables)
    }
  }

  /// One sentence for each file that cannot be used.
  package static func warnings(_ states: [EnvironmentState]) -> [String] {
    var seen: Set<String> = []
    return states.compactMap { state in
      guard case .failure(let error) = state.variables, let first = error.diagnostics.first, seen.insert(state.path).inserted else {
        return nil
      }
      let others = states.count { $0.path == state.path } - 1
      let faults = error.diagnostics.count - 1
      return "service '\(state.service.spec.name)'\(others > 0 ? " (and \(others) more)" : "") cannot start until this is mended: "
        + "\(first.description)\(faults > 0 ? " (and \(faults) more in this file)" : "")"
    }
  }
}
