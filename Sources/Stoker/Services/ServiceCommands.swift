// The commands of one service's exec checks: in the environment of the service, with the check's own variables on top.

import NIOPosix
import Probes

/// Runs the exec checks of one service.
struct ServiceCommands: CommandRunner {
  let executor: CommandExecutor
  let environment: ServiceEnvironment

  func run(_ command: ExecProbe, timeout: Duration) async -> CommandResult {
    do {
      // The file may lie on a disk that hangs.
      let variables = try await NIOThreadPool.singleton.runIfActive { try environment.variables() }
      let own = command.environment.map { (name: $0.key, value: $0.value) }
      return await executor.run(
        command, environment: ServiceEnvironment.merge([variables.map(ServiceEnvironment.split), own]), timeout: timeout)
    } catch {
      return .failed("\(error)")
    }
  }
}
