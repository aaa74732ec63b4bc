// Runs the checks that the core starts: one task each, cancelled when the core no longer needs the result.

import NIOPosix
import Orchestration
import Probes

/// The running checks.
struct CheckDriver {
  private let commands: CommandExecutor
  private let report: @Sendable (DriverEvent) -> Void
  private var tasks: [UInt64: (service: String, task: Task<Void, Never>)] = [:]
  private var functions: [String: HealthFunction] = [:]

  init(commands: CommandExecutor, report: @escaping @Sendable (DriverEvent) -> Void) {
    self.commands = commands
    self.report = report
  }

  mutating func start(_ check: UInt64, of service: Service) {
    let timeout = service.spec.check?.timeout ?? .seconds(5)
    switch service.check {
    case .probe(let probe):
      let runner: any CommandRunner = ServiceCommands(commands, of: service) ?? commands
      let prober = Prober(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, commands: runner)
      tasks[check] = (
        service.name, Task { [report] in report(.checked(check, await prober.run(probe, timeout: timeout))) }
      )
    case .function(let function):
      let health = functions[service.name] ?? HealthFunction(function)
      functions[service.name] = health
      tasks[check] = (service.name, Task { [report] in report(.checked(check, await health.check(timeout: timeout))) })
    case .heartbeat, nil:
      assertionFailure("the core answers heartbeat checks itself, and starts none where there is none")
    }
  }

  mutating func cancel(_ check: UInt64) {
    tasks[check]?.task.cancel()
  }

  /// Forgets a check that has ended. Returns the name of its service; nil for an unknown check.
  mutating func finished(_ check: UInt64) -> String? {
    tasks.removeValue(forKey: check)?.service
  }

  mutating func cancelAll() {
    for (_, task) in tasks.values { task.cancel() }
    tasks = [:]
  }
}
