// The drivers that carry out the core's actions, made and ended together.

import Glibc
import Journal
import Linux
import Logging
import NIOPosix
import Orchestration
import Processes
import ServiceLogs

/// The drivers of one supervisor: processes with their logs, tasks, checks and hooks.
struct Drivers {
  let processes: ProcessDriver
  let logs: LogCollector
  let hanging = HangingLogs()
  /// Hands an event to the supervisor's loop.
  let report: @Sendable (DriverEvent) -> Void
  private var tasks: TaskDriver
  private var checks: CheckDriver
  private var hooks: HookDriver
  private let ownsProcess: Bool
  private let thread: TaskThread
  private let logger: Logger

  /// - Parameters:
  ///   - marks: The marks in the environments of processes.
  ///   - places: The names of what is kept outside of the state directory; nil without one.
  ///   - recordedGroups: The folder of the control groups of an earlier Stoker.
  ///   - thread: The thread of the supervisor's loop.
  ///   - report: Hands an event to the supervisor's loop.
  init(
    _ configuration: SupervisorConfiguration, marks: RunMarks, places: Places?, recordedGroups: String?, thread: TaskThread, logger: Logger,
    report: @escaping @Sendable (DriverEvent) -> Void
  ) throws {
    self.report = report
    let outputs = Self.outputFolders(configuration, places)
    let spared = [configuration.stateDirectory].compactMap(\.self)
    logs = try LogCollector(directory: outputs?.path, former: outputs?.former ?? [], sparing: spared) { [hanging] trouble in
      hanging.note(trouble)
      logger.log(level: trouble.level, "\(trouble)")
    }
    processes = try ProcessDriver(
      marks: marks, notifications: Self.notifications(configuration, places, formerMark: marks.text), logs: logs,
      inherited: configuration.environment, limits: configuration.descriptorLimit,
      groups: Self.groups(configuration, recorded: recordedGroups, logger: logger), report: report)
    tasks = TaskDriver(report: report)
    checks = CheckDriver(commands: processes.commands, report: report)
    hooks = HookDriver(commands: processes.commands, report: report)
    ownsProcess = configuration.ownsProcess
    self.thread = thread
    self.logger = logger
  }

  /// Where the outputs of runs are FIFOs; nil without a state directory.
  private static func outputFolders(_ configuration: SupervisorConfiguration, _ places: Places?) -> (path: String, former: [String])? {
    guard let directory = configuration.stateDirectory, let places else { return nil }
    var folders = FIFODirectory.location(inMemory: places.outputs, stateDirectory: directory)
    // The place of Stoker 0.1.0.
    if let name = try? Ledger.formerName(for: directory) { folders.former.append("/dev/shm\(name).output") }
    return folders
  }

  /// The folder of notification sockets. Root's is in `/run`, where services of other users reach it. For other users the state directory
  /// comes first, since `$XDG_RUNTIME_DIR` goes when they log out.
  private static func notifications(_ configuration: SupervisorConfiguration, _ places: Places?, formerMark: String) -> NotifyFolder {
    guard let directory = configuration.stateDirectory, let places, let state = realpath(directory, nil) else { return NotifyFolder() }
    defer { free(state) }
    let runtime = RuntimeFolder.open(stateDirectory: directory).map { "\($0.path)/notify" }
    let own = geteuid() == 0 ? [runtime] : ["\(String(cString: state))/notify", runtime]
    return NotifyFolder(places: own.compactMap(\.self) + places.sockets, formerMark: formerMark)
  }

  /// The control groups, where they are available; a library leaves its program where it is (rule 29).
  private static func groups(_ configuration: SupervisorConfiguration, recorded: String?, logger: Logger) -> ControlGroups? {
    guard configuration.ownsProcess else { return nil }
    do {
      return try ControlGroups(mark: configuration.mark, recorded: recorded)
    } catch {
      logger.info("no control groups: \(error); processes that leave their session are found by their environment alone")
      return nil
    }
  }

  // MARK: Runs

  mutating func spawn(_ service: Service, run: UInt64) {
    switch service.launch {
    case .command: processes.spawn(service, run: run)
    case .task(let body): tasks.spawn(service.name, run: run, body)
    case .none: assertionFailure("\(service.name) is external and cannot be spawned")
    }
  }

  func signal(_ service: Service, run: UInt64, _ signal: Int32, _ scope: StopPolicy.Scope) {
    switch service.launch {
    case .command: processes.signal(service, run: run, signal, scope)
    case .task: tasks.requestStop(service.name, run: run)
    case .none: break
    }
  }

  func kill(_ service: Service, run: UInt64) {
    switch service.launch {
    case .command: processes.kill(service, run: run)
    case .task: tasks.cancel(service.name, run: run)
    case .none: break
    }
  }

  /// Forgets an in-process run that has ended.
  mutating func taskEnded(_ service: String, run: UInt64) {
    tasks.ended(service, run: run)
  }

  /// The pids that are left of a run; nil for an in-process one.
  func members(of service: Service, run: UInt64) -> [Int32]? {
    service.command.map { _ in processes.members(of: service, run: run) }
  }

  // MARK: Checks and hooks

  mutating func startCheck(_ check: UInt64, of service: Service) {
    checks.start(check, of: service)
  }

  mutating func cancelCheck(_ check: UInt64) {
    checks.cancel(check)
  }

  /// Forgets a check that has ended. Returns the name of its service; nil for an unknown check.
  mutating func checkFinished(_ check: UInt64) -> String? {
    checks.finished(check)
  }

  mutating func startHook(_ hook: Hook, of service: Service, run: UInt64, pid: Int32?) {
    hooks.start(hook, of: service, run: run, pid: pid)
  }

  func cancelHook(_ hook: Hook, of service: String, run: UInt64) {
    hooks.cancel(hook, of: service, run: run)
  }

  mutating func hookFinished(_ hook: Hook, of service: String, run: UInt64) {
    hooks.finished(hook, of: service, run: run)
  }

  // MARK: The end

  /// Gives memory back that only the start needed, 2 s after the start is over.
  func settled() {
    guard ownsProcess else { return }
    _ = thread.timer(in: .seconds(2)) { ProcessSelf.releaseMemory() }
  }

  /// Cancels checks and hooks.
  mutating func cancelAll() {
    checks.cancelAll()
    hooks.cancelAll()
  }

  /// Ends the threads; processes that still run are left alone. A disk that hangs delays this by seconds at most (rule 24).
  func shutdown() {
    for stray in processes.table.endStrays() {
      logger.error("killed at the end, since neither session nor environment shows its service: pid \(stray.pid) (\(stray.name))")
    }
    processes.table.shutdown()
    logs.shutdown()
  }

  /// Removes the cgroups that are empty: some 50 µs for each service.
  func removeGroups() async {
    guard let groups = processes.groups else { return }
    _ = try? await NIOThreadPool.singleton.runIfActive { groups.remove() }
  }
}

extension LogTrouble {
  fileprivate var level: Logger.Level {
    switch self {
    case .writable, .answering: .notice
    case .unwritable, .discarded, .hanging: .error
    case .unnamed, .growing: .warning
    }
  }
}
