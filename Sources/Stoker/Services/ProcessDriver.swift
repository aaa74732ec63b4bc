// The processes of services: what the core asks for becomes spawns and signals; logs and usage are kept beside them.

import NIOPosix
import Orchestration
import Probes
import Processes
import ServiceFile
import Synchronization

/// Spawns and signals the runs of services, in one process table with the commands of checks.
final class ProcessDriver: Sendable {
  let table: ProcessTable
  let logs: LogCollector
  /// By the service's index; nil where there is no process.
  let serviceLogs: [ServiceLog?]
  let usage: UsageLedger
  let commands: CommandExecutor
  private let mailbox: Mailbox
  private let environments: [ServiceEnvironment?]
  private let limits: DescriptorLimit?

  /// Owners from here on are the commands of checks, not services.
  static let firstCommandOwner: UInt32 = 1 << 31

  init(
    _ services: [Service], mark: String, limits: DescriptorLimit?, inherited: [String], mailbox: Mailbox
  ) throws {
    let logs = try LogCollector()
    self.logs = logs
    serviceLogs = try services.enumerated().map { index, service in
      guard case .command(let launch) = service.launch else { return nil }
      return try logs.open(launch.log, owner: UInt32(index))
    }
    environments = services.map { ServiceEnvironment(of: $0, among: services, inherited: inherited) }
    table = try ProcessTable(mark: mark) { mailbox.post(.processes($0)) }
    commands = try CommandExecutor(table: table, logs: logs, inherited: inherited, limits: limits)
    usage = UsageLedger(count: services.count)
    self.mailbox = mailbox
    self.limits = limits
  }

  /// The service that a run belongs to; nil for the commands of checks.
  func service(_ key: RunKey) -> ServiceID? {
    key.owner < Self.firstCommandOwner ? ServiceID(Int(key.owner)) : nil
  }

  /// Runs the exec checks of a service, in the service's environment where it has one.
  func commandRunner(of id: ServiceID) -> any CommandRunner {
    guard let environment = environments[id.index] else { return commands }
    return ServiceCommands(executor: commands, environment: environment)
  }

  func spawn(_ id: ServiceID, run: UInt64, _ launch: CommandLaunch) {
    guard launch.environmentFile != nil else { return prepare(id, run: run, launch) }
    // A file may lie on a disk that hangs; the supervisor does not wait for it.
    Task { try await NIOThreadPool.singleton.runIfActive { self.prepare(id, run: run, launch) } }
  }

  private func prepare(_ id: ServiceID, run: UInt64, _ launch: CommandLaunch) {
    guard let log = serviceLogs[id.index], let environment = environments[id.index] else { return }
    do {
      let request = SpawnRequest(
        arguments: launch.arguments, environment: try environment.variables(),
        directory: launch.directory, output: try log.attach(run: run), descriptorLimit: limits)
      table.spawn(request, as: key(id, run))
    } catch {
      mailbox.post(.unprepared(id, run: run, reason: "\(error)"))
    }
  }

  func signal(_ id: ServiceID, run: UInt64, _ signal: Int32) {
    table.signal(key(id, run), signal)
  }

  func kill(_ id: ServiceID, run: UInt64) {
    table.kill(key(id, run))
  }

  /// What is left of a run, for messages.
  func members(of id: ServiceID, run: UInt64) -> [Int32] {
    table.members(of: key(id, run))
  }

  func spawned(_ key: RunKey, _ identity: ProcessIdentity) {
    if service(key) == nil { commands.spawned(key) } else { usage.started(key, identity) }
  }

  func spawnFailed(_ key: RunKey, _ error: SpawnError) {
    if let id = service(key) { serviceLogs[id.index]?.release(run: key.run) } else { commands.spawnFailed(key, error) }
  }

  func exited(_ key: RunKey, _ exit: Exit, _ resources: ResourceUsage) {
    if let id = service(key) {
      serviceLogs[id.index]?.release(run: key.run)
      usage.ended(key, resources)
    } else {
      commands.exited(key, exit)
    }
  }

  func emptied(_ key: RunKey) {
    if service(key) == nil { commands.emptied(key) }
  }

  private func key(_ id: ServiceID, _ run: UInt64) -> RunKey {
    RunKey(owner: UInt32(id.index), run: run)
  }
}
