// The drivers that carry the core's actions out, made together and ended together.

import Exposition
import Journal
import Logging
import NIOPosix
import Orchestration
import Processes
import ServiceLogs

/// Processes, logs and instruments of one supervisor.
struct World: Sendable {
  let processes: ProcessDriver
  let logs: LogCollector
  /// Where the outputs of runs are FIFOs; nil without a state directory.
  private let pipes: String?
  let instruments = Instruments()
  let runtime: RuntimeRecorder?
  /// The supervisor's loop has a thread of its own: no request and no scrape can be in its way.
  let loopThread = TaskThread()
  /// Names this boot of the machine: a process of another boot is nobody of ours (rule 26).
  let bootID: String
  private let ownsProcess: Bool
  private let logger: Logger

  init(configuration: SupervisorConfiguration, mailbox: Mailbox, logger: Logger) throws {
    let directory = configuration.stateDirectory
    runtime = directory.map { RuntimeRecorder(directory: $0, logger: logger) }
    pipes = try directory.map { FIFODirectory.location(named: "\(try Ledger.name(for: $0).dropFirst()).output", stateDirectory: $0) }
    logs = try LogCollector(directory: pipes) { trouble in logger.log(level: trouble.level, "\(trouble)") }
    processes = try ProcessDriver(
      mark: configuration.mark, logs: logs, inherited: configuration.environment, limits: configuration.descriptorLimit,
      groups: Self.groups(configuration, recorded: runtime?.found.groups, logger: logger), mailbox: mailbox)
    bootID = Processes.bootID() ?? ""
    ownsProcess = configuration.ownsProcess
    self.logger = logger
  }

  /// The start is over: what it has needed is given back, when the last of it has come to rest.
  func settled() {
    guard ownsProcess else { return }
    _ = loopThread.timer(in: .seconds(2)) { ProcessSelf.releaseMemory() }
  }

  /// Control groups where they can be had; a library leaves its program where it is (rule 29).
  private static func groups(_ configuration: SupervisorConfiguration, recorded: String?, logger: Logger) -> ControlGroups? {
    guard configuration.ownsProcess else { return nil }
    do {
      return try ControlGroups(mark: configuration.mark, recorded: recorded)
    } catch {
      logger.info("no control groups: \(error); what leaves its session is found by its environment alone")
      return nil
    }
  }

  /// Ends the threads; whatever still runs is left alone. A disk that hangs holds this up for some seconds and not for ever (rule 24).
  func shutdown() async {
    await runtime?.finish()
    for stray in processes.table.endStrays() {
      logger.error("of no service by its session or environment, and killed at the end: pid \(stray.pid) (\(stray.name))")
    }
    processes.table.shutdown()
    logs.shutdown()
    if let pipes { FIFODirectory.leave(pipes) }
  }

  /// Removes the cgroups, when nothing is in them any more: some 50 µs for each service.
  func removeGroups() async {
    guard let groups = processes.groups else { return }
    _ = try? await NIOThreadPool.singleton.runIfActive { groups.remove() }
  }
}

extension LogTrouble {
  fileprivate var level: Logger.Level {
    switch self {
    case .writable, .answering: .notice
    case .unwritable, .hanging: .error
    case .unnamed, .growing: .warning
    }
  }
}
