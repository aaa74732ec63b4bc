// Runs the hooks that the core starts: one task each, cancelled at its time limit.

import Orchestration
import Probes
import Processes

/// The running hooks.
struct HookDriver {
  private struct Name: Hashable {
    var service: String
    var run: UInt64
    var hook: Hook
  }

  private let commands: CommandExecutor
  private let report: @Sendable (DriverEvent) -> Void
  private var tasks: [Name: Task<Void, Never>] = [:]

  init(commands: CommandExecutor, report: @escaping @Sendable (DriverEvent) -> Void) {
    self.commands = commands
    self.report = report
  }

  /// - Parameter pid: The service's process, if it has one: the hook's variable `MAINPID`.
  mutating func start(_ hook: Hook, of service: Service, run: UInt64, pid: Int32?) {
    let facts = pid.map { [(name: "MAINPID", value: String($0))] } ?? []
    tasks[Name(service: service.name, run: run, hook: hook)] = Task { [commands, report] in
      let result = await ServiceCommands(commands, of: service)?.run(hook, facts: facts) ?? .failed("it has no process")
      report(.hookFinished(service.name, run: run, hook, problem: result.problem))
    }
  }

  func cancel(_ hook: Hook, of service: String, run: UInt64) {
    tasks[Name(service: service, run: run, hook: hook)]?.cancel()
  }

  mutating func finished(_ hook: Hook, of service: String, run: UInt64) {
    tasks[Name(service: service, run: run, hook: hook)] = nil
  }

  mutating func cancelAll() {
    for task in tasks.values { task.cancel() }
    tasks = [:]
  }
}

extension CommandResult {
  /// The failure in a few words; nil after a success.
  fileprivate var problem: Sentence? {
    switch self {
    case .exited(0, _): nil
    case .exited(let code, let output): Self.sentence("it exited with code \(code)", output)
    case .signaled(let signal, let output): Self.sentence("it was killed by \(Exit.signalName(signal))", output)
    case .timedOut(let output): Self.sentence("it did not end in time and was killed", output)
    case .failed(let reason), .unmade(let reason): Sentence(reason)
    }
  }

  /// The sentence with the last line of the output.
  private static func sentence(_ text: String, _ output: [UInt8]) -> Sentence {
    let lines = output.split(separator: UInt8(ascii: "\n"))
    guard let last = lines.last else { return Sentence(text) }
    return Sentence("\(text): \(QuotedLine.shown(String(decoding: last, as: UTF8.self)))", withoutOutput: text)
  }
}
