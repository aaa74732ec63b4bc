// Runs the checks that the core asks for: one task each, cancelled when the core no longer wants the answer.

import NIOPosix
import Orchestration
import Probes

/// The checks that are under way.
struct CheckDriver {
  private let commands: CommandExecutor
  private let mailbox: Mailbox
  private var tasks: [UInt64: (service: String, task: Task<Void, Never>)] = [:]
  private var functions: [String: HealthFunction] = [:]

  init(commands: CommandExecutor, mailbox: Mailbox) {
    self.commands = commands
    self.mailbox = mailbox
  }

  mutating func start(_ check: UInt64, of service: Service) {
    let timeout = service.spec.check?.timeout ?? .seconds(5)
    switch service.check {
    case .probe(let probe):
      let runner: any CommandRunner = ServiceCommands(commands, of: service) ?? commands
      let prober = Prober(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, commands: runner)
      tasks[check] = (
        service.name, Task { [mailbox] in mailbox.post(.checked(check, await prober.run(probe, timeout: timeout))) }
      )
    case .function(let function):
      let health = functions[service.name] ?? HealthFunction(function)
      functions[service.name] = health
      tasks[check] = (service.name, Task { [mailbox] in mailbox.post(.checked(check, await health.check(timeout: timeout))) })
    case .heartbeat, nil:
      assertionFailure("the core answers heartbeat checks itself, and asks for none where there is none")
    }
  }

  mutating func cancel(_ check: UInt64) {
    tasks[check]?.task.cancel()
  }

  /// The check has answered. Whose it was; nil if nobody knows it.
  mutating func finished(_ check: UInt64) -> String? {
    tasks.removeValue(forKey: check)?.service
  }

  mutating func cancelAll() {
    for (_, task) in tasks.values { task.cancel() }
    tasks = [:]
  }
}
