// The processes of services: spawns, signals and adoptions, with their logs and their usage.

import Linux
import Orchestration
import Processes
import ServiceFile
import ServiceLogs
import Synchronization

/// Spawns and signals the runs of services, in one process table with the commands of checks and hooks.
final class ProcessDriver: Sendable {
  let table: ProcessTable
  let commands: CommandExecutor
  /// Nil if they are not available; the reason was logged.
  let groups: ControlGroups?
  private let report: @Sendable (DriverEvent) -> Void
  /// The runs whose environment file is being read.
  private let unprepared = Mutex<Set<RunKey>>([])
  /// The content of its environment file that the last run of each service was given, unless another Stoker started it.
  private let contents = Mutex<[String: EnvironmentContent]>([:])

  init(
    marks: RunMarks, notifications: NotifyFolder, logs: LogCollector, inherited: [EnvironmentVariable], limits: DescriptorLimit?,
    groups: ControlGroups?,
    report: @escaping @Sendable (DriverEvent) -> Void
  ) throws {
    table = try ProcessTable(marks: marks, notifications: notifications) { report(.processes($0)) }
    commands = try CommandExecutor(table: table, logs: logs, inherited: inherited, limits: limits, groups: groups)
    self.groups = groups
    self.report = report
  }

  func spawn(_ service: Service, run: UInt64) {
    guard let launch = service.command, let log = service.log else { return }
    guard launch.environment.hasFile else {
      return prepare(service, launch, log, run: run, environment: launch.environment.variablesWithoutFile())
    }
    // The supervisor does not wait for the file.
    let key = RunKey(owner: service.name, run: run)
    unprepared.withLock { _ = $0.insert(key) }
    Task {
      do {
        let (environment, content) = try await launch.environment.launch()
        guard unprepared.withLock({ $0.remove(key) }) != nil else { return }
        contents.withLock { $0[key.owner] = content }
        prepare(service, launch, log, run: run, environment: environment)
      } catch {
        contents.withLock { $0[key.owner] = .unreadable }
        giveUp(key, "\(error)", isHopeless: error is ServiceFileError)
      }
    }
  }

  /// The content of the environment file that its last run was given.
  func environmentContent(of service: String) -> EnvironmentContent? { contents.withLock { $0[service] } }

  /// Forgets a service that is gone.
  func forget(_ service: String) {
    groups?.remove(service)
    contents.withLock { $0[service] = nil }
  }

  /// Ends a run whose environment file is still being read.
  private func giveUp(_ key: RunKey, _ reason: String, isHopeless: Bool = false) {
    guard unprepared.withLock({ $0.remove(key) }) != nil else { return }
    report(.unprepared(key.owner, run: key.run, reason: reason, isHopeless: isHopeless))
  }

  private func prepare(_ service: Service, _ launch: CommandLaunch, _ log: ServiceLog, run: UInt64, environment: [EnvironmentVariable]) {
    expectReadiness(service, launch, log, run: run)
    let request = SpawnRequest(
      arguments: launch.arguments, environment: environment, directory: launch.directory, input: launch.input,
      output: log.output(run: run), setup: launch.setup, group: groups?.group(for: service.name).main, notify: launch.notify,
      hearsMainAlone: launch.hearsMainAlone, watchdog: launch.watchdog, pidFile: launch.pidFile)
    table.spawn(request, as: RunKey(owner: service.name, run: run))
  }

  /// Adopts a run that a dead Stoker left. Returns the state of its output; nil if it has none.
  /// - Parameter rights: The rights of the service's user, looked up before: the user database may wait for the network.
  func adopt(_ left: LeftRun, of service: Service, rights: FileRights?) -> Adoption? {
    guard let launch = service.command, let log = service.log else { return nil }
    let key = RunKey(owner: service.name, run: left.run)
    if let leader = left.leader { service.usage.adopted(key, leader) }
    table.adopt(
      RunAdoption(
        leader: left.leader, members: left.members, group: groups?.group(for: service.name), user: launch.setup.user,
        notify: launch.notify, hearsMainAlone: launch.hearsMainAlone, watchdog: launch.watchdog, pidFile: launch.pidFile,
        isReady: left.isReady), as: key)
    if !left.isReady { expectReadiness(service, launch, log, run: left.run) }
    return log.adopt(run: left.run, rights: rights)
  }

  /// Watches the log for the line that shows that a run is ready.
  private func expectReadiness(_ service: Service, _ launch: CommandLaunch, _ log: ServiceLog, run: UInt64) {
    guard let pattern = launch.readyPattern else { return }
    log.expect(pattern: pattern, run: run) { [report, name = service.name] in report(.notified(name, run: run, .ready)) }
  }

  /// Sets the limits of a service's control group. Returns a sentence for each limit that cannot be set here.
  func applyLimits(of service: Service) -> [String] {
    guard let limits = service.command?.limits else { return [] }
    if let groups { return groups.group(for: service.name).set(limits).map(\.description) }
    return limits.controllers.map { ControlGroupRefusal(limit: $0, reason: "there are no control groups here").description }
  }

  /// The service's memory limit, if it is in force.
  func memoryLimit(of service: Service) -> UInt64? {
    guard let groups, !groups.refusals.contains(where: { $0.limit == .memory }) else { return nil }
    return service.command?.limits.memory
  }

  /// Asks a run to end.
  func signal(_ service: Service, run: UInt64, _ signal: Int32, _ scope: StopPolicy.Scope) {
    let key = RunKey(owner: service.name, run: run)
    giveUp(key, "it was stopped while its environment file was read")
    table.signal(key, signal, scope: SignalScope(scope))
  }

  /// Sends a signal as it is.
  func send(_ signal: Int32, to service: Service, run: UInt64, _ scope: StopPolicy.Scope) {
    table.signal(RunKey(owner: service.name, run: run), signal, scope: SignalScope(scope), wakes: false)
  }

  func kill(_ service: Service, run: UInt64) {
    let key = RunKey(owner: service.name, run: run)
    giveUp(key, "it was stopped while its environment file was read")
    table.kill(key)
  }

  /// The pids that are left of a run, for messages.
  func members(of service: Service, run: UInt64) -> [Int32] {
    table.members(of: RunKey(owner: service.name, run: run))
  }
}

extension SignalScope {
  fileprivate init(_ scope: StopPolicy.Scope) {
    switch scope {
    case .group: self = .everything
    case .process: self = .leader
    }
  }
}
