// Runs the commands of exec checks through the same process table as services, and kills them with their children at the time limit.

import Orchestration
import Probes
import Processes
import Synchronization

/// The commands of checks that are under way.
final class CommandExecutor: CommandRunner {
  private struct Execution {
    var exit: Exit?
    var isOverdue = false
    /// Nothing of it is left.
    var isEmptied = false
    /// What it wrote has been read.
    var isDrained = false
    let reply: CheckedContinuation<CommandResult, Never>
    let limit: Task<Void, any Error>
  }

  private struct State {
    var next: UInt64 = 1
    var executions: [UInt64: Execution] = [:]
  }

  private let table: ProcessTable
  /// A message quotes one line; more is for several commands at once.
  private static let lines = 200
  /// What the commands print, all in one bounded memory; a line says which run wrote it.
  private let log: ServiceLog
  private let inherited: [(name: String, value: String)]
  private let limits: DescriptorLimit?
  private let state = Mutex(State())

  init(table: ProcessTable, logs: LogCollector, inherited: [String], limits: DescriptorLimit?) throws {
    self.table = table
    log = try logs.open(
      LogPolicy(path: nil, maxSize: 0, maxFiles: 1, timestamps: false, memoryLines: Self.lines), owner: ProcessDriver.firstCommandOwner)
    self.inherited = inherited.map(ServiceEnvironment.split)
    self.limits = limits
  }

  func run(_ command: ExecProbe, timeout: Duration) async -> CommandResult {
    await run(
      command, environment: ServiceEnvironment.merge([inherited, command.environment.map { ($0.key, $0.value) }]), timeout: timeout)
  }

  /// Runs a command in exactly this environment.
  func run(_ command: ExecProbe, environment: [String], timeout: Duration) async -> CommandResult {
    let run = state.withLock { state in
      defer { state.next += 1 }
      return state.next
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { reply in
        let limit = Task {
          try await Task.sleep(for: timeout, clock: SuspendingClock())
          overdue(run)
          // Whoever survives SIGKILL does not hold up the answer.
          try await Task.sleep(for: .seconds(5), clock: SuspendingClock())
          finish(run)
        }
        state.withLock { $0.executions[run] = Execution(reply: reply, limit: limit) }
        start(command, environment, run: run)
        // A limit or a cancellation that came before the execution was there found nothing to end.
        if Task.isCancelled { overdue(run) }
      }
    } onCancel: {
      overdue(run)
    }
  }

  private func start(_ command: ExecProbe, _ environment: [String], run: UInt64) {
    do {
      let request = SpawnRequest(
        arguments: command.command, environment: environment,
        directory: command.directory ?? "/", output: try log.attach(run: run), descriptorLimit: limits)
      table.spawn(request, as: key(run))
    } catch {
      take(run)?.reply.resume(returning: .failed("\(error)"))
    }
  }

  func spawned(_ key: RunKey) {
    // The limit may have passed while the spawn was under way.
    let isOverdue = state.withLock { $0.executions[key.run]?.isOverdue ?? true }
    if isOverdue { table.kill(key) }
  }

  func spawnFailed(_ key: RunKey, _ error: SpawnError) {
    log.release(run: key.run)
    take(key.run)?.reply.resume(returning: .failed("\(error)"))
  }

  /// The command has ended; what it left behind is killed, since a check must not gather processes.
  func exited(_ key: RunKey, _ exit: Exit) {
    log.release(run: key.run) { self.advance(key.run) { $0.isDrained = true } }
    advance(key.run) { $0.exit = exit }
    table.kill(key)
  }

  func emptied(_ key: RunKey) {
    advance(key.run) { $0.isEmptied = true }
  }

  /// Notes something of an execution; it is finished when nothing of it is left and its output has been read.
  private func advance(_ run: UInt64, _ change: (inout Execution) -> Void) {
    let isFinished = state.withLock { state in
      guard var execution = state.executions[run] else { return false }
      change(&execution)
      state.executions[run] = execution
      return execution.isEmptied && execution.isDrained
    }
    if isFinished { finish(run) }
  }

  /// The limit has passed. A command that has ended in time is answered now, whatever of it or of its output is still awaited.
  private func overdue(_ run: UInt64) {
    let hasEnded = state.withLock { state in
      guard let execution = state.executions[run] else { return false }
      if execution.exit == nil { state.executions[run]?.isOverdue = true }
      return execution.exit != nil
    }
    table.kill(key(run))
    if hasEnded { finish(run) }
  }

  private func finish(_ run: UInt64) {
    guard let execution = take(run) else { return }
    let output = output(of: run)
    let result: CommandResult =
      if execution.isOverdue {
        .timedOut(output: output)
      } else {
        switch execution.exit {
        case .code(let code): .exited(code: code, output: output)
        case .signal(let signal, _): .signaled(signal, output: output)
        case .unknown, nil: .failed("its end is unknown")
        }
      }
    execution.reply.resume(returning: result)
  }

  private func take(_ run: UInt64) -> Execution? {
    let execution = state.withLock { $0.executions.removeValue(forKey: run) }
    execution?.limit.cancel()
    return execution
  }

  private func output(of run: UInt64) -> [UInt8] {
    var output: [UInt8] = []
    for line in log.tail(Self.lines) where line.run == run {
      output += line.text.utf8
      output.append(UInt8(ascii: "\n"))
      if output.count >= 4096 { break }
    }
    return Array(output.prefix(4096))
  }

  private func key(_ run: UInt64) -> RunKey {
    RunKey(owner: ProcessDriver.firstCommandOwner, run: run)
  }
}
