// A command with the properties of a service's process, for a program that becomes that command (rule 91).

import Processes
import ServiceFile

package enum OneOffCommand {
  /// The request for a command in the environment, with the user, directory and limits of a service. It has no cgroup, no output of its own
  /// and no notification socket. Waits for a disk, where the service has an environment file.
  /// - Parameters:
  ///   - definition: The service, one with a command.
  ///   - inherited: The variables that a supervisor would pass on.
  /// - Throws: `ServiceFileError` if the environment file cannot be read.
  package static func request(
    _ arguments: [String], for definition: ServiceDefinition, in file: ServiceFile, inherited: [EnvironmentVariable], policy: FilePolicy
  ) async throws -> SpawnRequest {
    let environment = ServiceEnvironment(
      of: definition, among: file.services,
      inherited: definition.setup.user == nil ? inherited : ServiceEnvironment.inheritedByOthers(inherited), policy: policy)
    return SpawnRequest(
      arguments: arguments, environment: try await environment.variables(), directory: definition.directory,
      setup: ProcessSetup(definition.setup, default: nil))
  }
}
