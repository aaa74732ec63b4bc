// The drivers that carry the core's actions out, made together and ended together.

import NIOPosix
import Orchestration
import Probes
import Processes

/// Processes, probes and instruments of one supervisor.
struct World: Sendable {
  let processes: ProcessDriver
  /// By the service's index: they differ in the environment of exec checks.
  let probers: [Prober]
  let instruments: Instruments
  let runtime: RuntimeRecorder?
  /// The supervisor's loop has a thread of its own: no request and no scrape can be in its way.
  let loopThread = TaskThread()
  /// Names this boot of the machine: a process of another boot is nobody of ours (rule 26).
  let bootID: String

  init(
    _ services: [Service], configuration: SupervisorConfiguration, runtime: RuntimeRecorder?, mailbox: Mailbox
  ) throws {
    processes = try ProcessDriver(
      services, mark: configuration.mark, limits: configuration.descriptorLimit, inherited: configuration.environment,
      mailbox: mailbox)
    let processes = processes
    probers = services.indices.map { index in
      Prober(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, commands: processes.commandRunner(of: ServiceID(index)))
    }
    instruments = Instruments(services)
    self.runtime = runtime
    bootID = Processes.bootID() ?? ""
  }

  /// Writes down what is needed to recognise the running processes after a crash (rule 26).
  func recordRunning(_ processes: [RunningRecord]) {
    runtime?.record(processes)
  }

  /// Ends the threads; whatever still runs is left alone. A disk that hangs holds this up for some seconds and not for ever (rule 24).
  func shutdown() async {
    await runtime?.finish()
    processes.table.shutdown()
    processes.logs.shutdown()
    await loopThread.shutdown()
  }
}
