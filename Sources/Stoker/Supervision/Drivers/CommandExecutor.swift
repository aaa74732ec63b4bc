// Runs the commands of checks and hooks through the same process table as services, and kills them with their children at their limit.

import Linux
import Orchestration
import Probes
import Processes
import ServiceLogs
import Synchronization

/// A command to run to its end.
struct BoundedCommand: Sendable {
  var arguments: [String]
  var directory: String
  /// All of its variables.
  var environment: [EnvironmentVariable]
  var setup = ProcessSetup()
  /// The cgroup of its service, below which it gets its own.
  var group: ServiceGroup?
  /// The log that receives its output, in addition to the result; nil: none.
  var log: ServiceLog?
}

/// The running commands.
final class CommandExecutor: CommandRunner {
  private struct Execution {
    var exit: Exit?
    /// The limit has passed.
    var isPastLimit = false
    /// It had not ended at the limit.
    var isOverdue = false
    /// None of its processes is left.
    var isEmptied = false
    /// Its output has been read to the end.
    var isDrained = false
    /// The log that it writes to, and the run number of its lines there.
    let log: ServiceLog
    let run: UInt64
    let reply: CheckedContinuation<CommandResult, Never>
    let limit: Task<Void, any Error>?
  }

  private struct State {
    var next: UInt64 = 1
    var executions: [UInt64: Execution] = [:]
  }

  private let table: ProcessTable
  private let groups: ControlGroups?
  /// The first run number of hooks in the log of a service; the service's own runs never reach it.
  private static let firstRun: UInt64 = 1 << 62
  /// Lines in memory. A message quotes one; the others are for several commands at once.
  private static let lines = 200
  /// The longest that a process which survives SIGKILL delays the result.
  private static let grace = Duration.seconds(5)
  /// The output of all commands in one bounded memory; each line has the run that wrote it.
  private let log: ServiceLog
  private let inherited: [EnvironmentVariable]
  private let limits: DescriptorLimit?
  private let state = Mutex(State())

  init(table: ProcessTable, logs: LogCollector, inherited: [EnvironmentVariable], limits: DescriptorLimit?, groups: ControlGroups?) throws {
    self.table = table
    self.groups = groups
    log = try logs.open(LogPolicy(path: nil, maxSize: 0, maxFiles: 1, timestamps: false, memoryLines: Self.lines))
    self.inherited = inherited
    self.limits = limits
  }

  func run(_ command: ExecProbe, timeout: Duration) async -> CommandResult {
    await run(
      BoundedCommand(
        arguments: command.command, directory: command.directory ?? "/",
        environment: ServiceEnvironment.merge([inherited, command.environment.map { EnvironmentVariable(name: $0.key, value: $0.value) }]),
        setup: ProcessSetup(descriptorLimit: limits)), timeout: timeout)
  }

  /// The cgroup of a service.
  func group(of service: String) -> ServiceGroup? { groups?.group(for: service) }

  /// Runs a command to its end, or to the limit if there is one. Cancelling the task ends it as the limit does.
  func run(_ command: BoundedCommand, timeout: Duration?) async -> CommandResult {
    let number = state.withLock { state in
      defer { state.next += 1 }
      return state.next
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { reply in
        let limit = timeout.map { timeout in
          Task {
            try await Task.sleep(limit: timeout)
            overdue(number)
          }
        }
        let execution = Execution(log: command.log ?? log, run: Self.firstRun + number, reply: reply, limit: limit)
        state.withLock { $0.executions[number] = execution }
        start(command, execution, number)
        // A limit or a cancellation that came before the execution existed ended nothing.
        if Task.isCancelled { overdue(number) }
      }
    } onCancel: {
      overdue(number)
    }
  }

  private func start(_ command: BoundedCommand, _ execution: Execution, _ number: UInt64) {
    let request = SpawnRequest(
      arguments: command.arguments, environment: command.environment, directory: command.directory,
      output: execution.log.output(run: execution.run, isNamed: false), setup: command.setup,
      group: command.group?.command(number))
    table.spawn(request, as: key(number))
  }

  /// Whether a run belongs to a command.
  func owns(_ key: RunKey) -> Bool {
    key.owner == RunKey.commands
  }

  /// Handles an event of a command's process.
  func handle(_ event: ProcessEvent) {
    switch event {
    case .spawned(let key, _):
      // The limit may have passed while the spawn was under way.
      if state.withLock({ $0.executions[key.run]?.isOverdue ?? true }) { table.kill(key) }
    case .spawnFailed(let key, let error):
      let execution = take(key.run)
      execution?.log.release(run: Self.firstRun + key.run)
      let isShortage = SystemError(errno: error.errno).isDescriptorShortage
      execution?.reply.resume(returning: isShortage ? .unmade("\(error)") : .failed("\(error)"))
    case .exited(let key, let exit, _):
      ended(key, exit)
    case .emptied(let key):
      advance(key.run) { $0.isEmptied = true }
    case .adopted, .notified, .refused, .unnamed, .unheard, .unsettled:
      break
    }
  }

  /// The command has ended; its children are killed, since checks and hooks must not pile up processes.
  private func ended(_ key: RunKey, _ exit: Exit) {
    if let execution = state.withLock({ $0.executions[key.run] }) {
      execution.log.release(run: execution.run) { self.advance(key.run) { $0.isDrained = true } }
    }
    advance(key.run) { $0.exit = exit }
    table.kill(key)
  }

  /// Changes an execution; it is finished when no process is left and its output has been read. Past its limit a command that had ended
  /// in time does not wait for the output: a process that is not its own any more may hold it open.
  private func advance(_ number: UInt64, _ change: (inout Execution) -> Void) {
    let isFinished = state.withLock { state in
      guard var execution = state.executions[number] else { return false }
      change(&execution)
      state.executions[number] = execution
      return execution.isEmptied && (execution.isDrained || execution.isPastLimit && !execution.isOverdue)
    }
    if isFinished { finish(number) }
  }

  /// The limit has passed. The result waits for the end of the last process, so that nothing of a hook acts while the next one does.
  private func overdue(_ number: UInt64) {
    advance(number) { execution in
      execution.isPastLimit = true
      if execution.exit == nil { execution.isOverdue = true }
    }
    table.kill(key(number))
    Task {
      try await Task.sleep(for: Self.grace, clock: SuspendingClock())
      finish(number)
    }
  }

  private func finish(_ number: UInt64) {
    guard let execution = take(number) else { return }
    let output = output(of: execution)
    let result: CommandResult =
      if execution.isOverdue {
        .timedOut(output: output)
      } else {
        switch execution.exit {
        case .code(let code): .exited(code: code, output: output)
        case .signal(let signal, _): .signaled(signal, output: output)
        case .outOfMemory: .failed("the kernel killed it, out of memory")
        case .unknown, nil: .failed("its end is unknown")
        }
      }
    execution.reply.resume(returning: result)
  }

  private func take(_ number: UInt64) -> Execution? {
    let execution = state.withLock { $0.executions.removeValue(forKey: number) }
    execution?.limit?.cancel()
    return execution
  }

  private func output(of execution: Execution) -> [UInt8] {
    var output: [UInt8] = []
    for line in execution.log.tail(Self.lines) where line.run == execution.run {
      output += line.text.utf8
      output.append(UInt8(ascii: "\n"))
      if output.count >= 4096 { break }
    }
    return Array(output.prefix(4096))
  }

  private func key(_ number: UInt64) -> RunKey {
    RunKey(owner: RunKey.commands, run: number)
  }
}
