// The commands of one service: its exec checks and its hooks, in the environment of the service.

import Orchestration
import Probes
import Processes
import ServiceLogs

/// Runs the commands of one service.
struct ServiceCommands: CommandRunner {
  let executor: CommandExecutor
  let service: Service
  let launch: CommandLaunch

  /// Nil for services without a process.
  init?(_ executor: CommandExecutor, of service: Service) {
    guard let launch = service.command else { return nil }
    self.executor = executor
    self.service = service
    self.launch = launch
  }

  /// An exec check: with its own variables added, as the service's user.
  func run(_ command: ExecProbe, timeout: Duration) async -> CommandResult {
    let own = command.environment.map { (name: $0.key, value: $0.value) }
    return await run(command.command, in: command.directory ?? launch.directory, and: own, log: nil, timeout: timeout)
  }

  /// A hook: its output goes to the service's log. `facts` are variables added to the service's own.
  func run(_ hook: Hook, facts: [(name: String, value: String)]) async -> CommandResult {
    guard let arguments = launch.hooks[hook] else { return .failed("there is no \(hook.words)") }
    let variables = [(name: "STOKER_HOOK", value: hook.rawValue)] + facts
    return await self.run(arguments, in: launch.directory, and: variables, log: service.log, timeout: nil)
  }

  private func run(
    _ arguments: [String], in directory: String, and more: [(name: String, value: String)], log: ServiceLog?, timeout: Duration?
  ) async -> CommandResult {
    do {
      let variables = try await launch.environment.variables(in: directory, and: more)
      let command = BoundedCommand(
        arguments: arguments, directory: directory, environment: variables, setup: launch.setup, group: executor.group(of: service.name),
        log: log)
      return await executor.run(command, timeout: timeout)
    } catch {
      return .failed("\(error)")
    }
  }
}
