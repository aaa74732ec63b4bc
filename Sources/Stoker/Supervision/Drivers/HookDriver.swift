// Runs the hooks that the core asks for: one task each, cancelled when their time is over.

import Orchestration
import Probes
import Processes

/// The hooks that are under way.
struct HookDriver {
  private struct Name: Hashable {
    var service: String
    var run: UInt64
    var hook: Hook
  }

  private let commands: CommandExecutor
  private let mailbox: Mailbox
  private var tasks: [Name: Task<Void, Never>] = [:]

  init(commands: CommandExecutor, mailbox: Mailbox) {
    self.commands = commands
    self.mailbox = mailbox
  }

  /// - Parameter pid: The service's process, where it has one: the hook's variable `MAINPID`.
  mutating func start(_ hook: Hook, of service: Service, run: UInt64, pid: Int32?) {
    let facts = pid.map { [(name: "MAINPID", value: String($0))] } ?? []
    tasks[Name(service: service.name, run: run, hook: hook)] = Task { [commands, mailbox] in
      let result = await ServiceCommands(commands, of: service)?.run(hook, facts: facts) ?? .failed("it has no process")
      mailbox.post(.hookFinished(service.name, run: run, hook, problem: result.problem))
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
  /// What went wrong, in a few words; nil: nothing.
  fileprivate var problem: String? {
    switch self {
    case .exited(0, _): nil
    case .exited(let code, let output): "it exited with code \(code)\(Self.quoted(output))"
    case .signaled(let signal, let output): "it was killed by \(Exit.signalName(signal))\(Self.quoted(output))"
    case .timedOut(let output): "it did not end in time and was killed\(Self.quoted(output))"
    case .failed(let reason): reason
    }
  }

  /// Its last line.
  private static func quoted(_ output: [UInt8]) -> String {
    let lines = output.split(separator: UInt8(ascii: "\n"))
    return lines.last.map { ": " + String(decoding: $0.prefix(200), as: UTF8.self) } ?? ""
  }
}
