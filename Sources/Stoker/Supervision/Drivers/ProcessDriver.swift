// The processes of services: what the core asks for becomes spawns and signals; logs and usage are kept beside them.

import NIOPosix
import Orchestration
import Processes
import ServiceLogs

/// Spawns and signals the runs of services, in one process table with the commands of checks and hooks.
final class ProcessDriver: Sendable {
  let table: ProcessTable
  let commands: CommandExecutor
  /// Nil where there are none to be had; why, was logged.
  let groups: ControlGroups?
  private let mailbox: Mailbox

  init(mark: String, logs: LogCollector, inherited: [String], limits: DescriptorLimit?, groups: ControlGroups?, mailbox: Mailbox) throws {
    table = try ProcessTable(mark: mark) { mailbox.post(.processes($0)) }
    commands = try CommandExecutor(table: table, logs: logs, inherited: inherited, limits: limits)
    self.groups = groups
    self.mailbox = mailbox
  }

  func spawn(_ service: Service, run: UInt64) {
    guard let launch = service.command, let log = service.log else { return }
    guard launch.environment.hasFile else { return prepare(service, launch, log, run: run) }
    // A file may lie on a disk that hangs; the supervisor does not wait for it.
    Task { try await NIOThreadPool.singleton.runIfActive { self.prepare(service, launch, log, run: run) } }
  }

  private func prepare(_ service: Service, _ launch: CommandLaunch, _ log: ServiceLog, run: UInt64) {
    do {
      expectReadiness(service, launch, log, run: run)
      let request = SpawnRequest(
        arguments: launch.arguments, environment: try launch.environment.variables(), directory: launch.directory,
        output: log.output(run: run), setup: launch.setup, group: groups?.group(for: service.name), notify: launch.notify,
        watchdog: launch.watchdog)
      table.spawn(request, as: RunKey(owner: service.name, run: run))
    } catch {
      mailbox.post(.unprepared(service.name, run: run, reason: "\(error)"))
    }
  }

  /// Goes on with a run that a dead Stoker left. What was found of its output; nil if it has none.
  func adopt(_ left: LeftRun, of service: Service) -> Adoption? {
    guard let launch = service.command, let log = service.log else { return nil }
    let key = RunKey(owner: service.name, run: left.run)
    if let leader = left.leader { service.usage.adopted(key, leader) }
    table.adopt(
      RunAdoption(
        leader: left.leader, members: left.members, group: groups?.group(for: service.name), user: launch.setup.user,
        notify: launch.notify, watchdog: launch.watchdog, isReady: left.isReady), as: key)
    if !left.isReady { expectReadiness(service, launch, log, run: left.run) }
    return log.adopt(run: left.run)
  }

  /// Where a line of the log says that a run is ready.
  private func expectReadiness(_ service: Service, _ launch: CommandLaunch, _ log: ServiceLog, run: UInt64) {
    guard let pattern = launch.readyPattern else { return }
    log.expect(pattern: pattern, run: run) { [mailbox, name = service.name] in mailbox.post(.notified(name, run: run, .ready)) }
  }

  /// Bounds what a service may use, as far as that is possible here; what is not is named.
  func applyLimits(of service: Service) -> [String] {
    guard let limits = service.command?.limits else { return [] }
    if let groups { return groups.group(for: service.name).set(limits).map(\.description) }
    return limits.controllers.map { ControlGroupRefusal(limit: $0, reason: "there are no control groups here").description }
  }

  /// What the service's memory is bounded to, where that is in force.
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

  /// What is left of a run, for messages.
  func members(of service: Service, run: UInt64) -> [Int32] {
    table.members(of: RunKey(owner: service.name, run: run))
  }
}
