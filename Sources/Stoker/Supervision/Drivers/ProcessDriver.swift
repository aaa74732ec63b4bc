// The processes of services: spawns, signals and adoptions, with their logs and their usage.

import Orchestration
import Processes
import ServiceLogs

/// Spawns and signals the runs of services, in one process table with the commands of checks and hooks.
final class ProcessDriver: Sendable {
  let table: ProcessTable
  let commands: CommandExecutor
  /// Nil if they are not available; the reason was logged.
  let groups: ControlGroups?
  private let report: @Sendable (DriverEvent) -> Void

  init(
    marks: RunMarks, notifications: NotifyFolder, logs: LogCollector, inherited: [String], limits: DescriptorLimit?, groups: ControlGroups?,
    report: @escaping @Sendable (DriverEvent) -> Void
  ) throws {
    table = try ProcessTable(marks: marks, notifications: notifications) { report(.processes($0)) }
    commands = try CommandExecutor(table: table, logs: logs, inherited: inherited, limits: limits)
    self.groups = groups
    self.report = report
  }

  func spawn(_ service: Service, run: UInt64) {
    guard let launch = service.command, let log = service.log else { return }
    guard launch.environment.hasFile else {
      return prepare(service, launch, log, run: run, environment: launch.environment.variablesWithoutFile())
    }
    // The supervisor does not wait for the file.
    Task {
      do {
        prepare(service, launch, log, run: run, environment: try await launch.environment.variables())
      } catch {
        report(.unprepared(service.name, run: run, reason: "\(error)"))
      }
    }
  }

  private func prepare(_ service: Service, _ launch: CommandLaunch, _ log: ServiceLog, run: UInt64, environment: [String]) {
    expectReadiness(service, launch, log, run: run)
    let request = SpawnRequest(
      arguments: launch.arguments, environment: environment, directory: launch.directory, output: log.output(run: run),
      setup: launch.setup, group: groups?.group(for: service.name), notify: launch.notify, watchdog: launch.watchdog)
    table.spawn(request, as: RunKey(owner: service.name, run: run))
  }

  /// Adopts a run that a dead Stoker left. Returns the state of its output; nil if it has none.
  func adopt(_ left: LeftRun, of service: Service) -> Adoption? {
    guard let launch = service.command, let log = service.log else { return nil }
    let key = RunKey(owner: service.name, run: left.run)
    if let leader = left.leader { service.usage.adopted(key, leader) }
    table.adopt(
      RunAdoption(
        leader: left.leader, members: left.members, group: groups?.group(for: service.name), user: launch.setup.user,
        notify: launch.notify, watchdog: launch.watchdog, isReady: left.isReady), as: key)
    if !left.isReady { expectReadiness(service, launch, log, run: left.run) }
    return log.adopt(run: left.run, rights: launch.setup.fileRights)
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

  func signal(_ service: Service, run: UInt64, _ signal: Int32) {
    table.signal(RunKey(owner: service.name, run: run), signal, scope: service.spec.stop.scope == .process ? .leader : .everything)
  }

  func kill(_ service: Service, run: UInt64) {
    table.kill(RunKey(owner: service.name, run: run))
  }

  /// The pids that are left of a run, for messages.
  func members(of service: Service, run: UInt64) -> [Int32] {
    table.members(of: RunKey(owner: service.name, run: run))
  }
}
