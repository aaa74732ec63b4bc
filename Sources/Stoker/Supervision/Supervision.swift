// The supervision: the loop on its thread, the published state, and the requests of other tasks.

import Journal
import Linux
import Logging
import NIOPosix
import Orchestration
import Processes
import ServiceFile
import ServiceLogs
import Synchronization

/// Supervises the services of one configuration. It knows nothing of HTTP.
final class Supervision: SupervisorQueries {
  let configuration: SupervisorConfiguration
  let startedAt = Timestamp.now
  let clock = SupervisorClock()
  let publication: Publication
  let events: EventLog
  let journal: Journal?
  /// Nil without a state directory.
  let watch: StateDirectoryWatch?
  let instruments: Instruments
  private let hanging: HangingLogs
  let logger: Logger
  let reloadTickets = Atomic<UInt64>(0)
  private let booted = Atomic<Bool>(false)
  /// The requests that wait for the end of the takeover; nil when they are not kept waiting any more.
  private let bootWaits = Mutex<[CheckedContinuation<Bool, Never>]?>([])
  private let mailbox = Mailbox()
  /// Commands for the whole node that came before the takeover was over, the wait that the first of them ends, and the callers that
  /// wait for the end of the takeover.
  private struct EarlyCommands {
    var commands: [(Command, Origin)] = []
    var wait: AsyncStream<[LeftRun]?>.Continuation?
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  /// Nil since the takeover is over.
  private let earlyCommands = Mutex<EarlyCommands?>(EarlyCommands())
  /// The thread of the loop: no request and no scrape can delay it.
  private let thread = TaskThread()
  private let loop: Mutex<SupervisorLoop?>
  private let processes: ProcessDriver
  private let runtime: RuntimeRecorder?
  private let marks: RunMarks
  /// The counters in the ledger of an earlier Stoker, read before ours begins.
  private let counters: [String: [UInt64]]

  /// Prepares everything that can fail before a service is touched: names, graph and drivers.
  init(_ configuration: SupervisorConfiguration, watch: StateDirectoryWatch?, logger: Logger) throws {
    self.configuration = configuration
    self.watch = watch
    self.logger = logger
    events = EventLog(life: String(startedAt.nanoseconds, radix: 36))
    let directory = configuration.stateDirectory
    runtime = try directory.map { try RuntimeRecorder(directory: $0, file: configuration.file?.path, logger: logger) }
    marks = RunMarks(configuration.mark, key: Self.key(directory, logger: logger))
    let places = Self.places(directory, logger: logger)
    let drivers = try Drivers(
      configuration, marks: marks, places: places, recordedGroups: runtime?.found.groups, thread: thread, logger: logger
    ) {
      [mailbox] event in
      mailbox.post(.driver(event))
    }
    processes = drivers.processes
    hanging = drivers.hanging
    let factory = ServiceFactory(
      logs: drivers.logs, inherited: configuration.environment, descriptorLimit: configuration.descriptorLimit, stateDirectory: directory,
      inProcess: configuration.inProcess, policy: FilePolicy(trustsFiles: configuration.trustsFiles))
    let services = try factory.make(configuration.file?.services ?? [])
    let start = clock.now
    let graph = try Self.graph(of: services)
    let resolution = clock.now - start
    if let name = configuration.untilCompleted, graph.id(named: name) == nil { throw SupervisorConfigurationError.unknownService(name) }
    journal = directory.map { [clock] in
      Journal(directory: $0, now: { clock.now }) { notice in logger.log(level: notice.level, "\(notice)") }
    }
    let ledger = Self.ledger(directory, places, logger: logger)
    counters = ledger?.read() ?? [:]
    let loop = SupervisorLoop(
      services, graph, reloads: ReloadState(file: configuration.file, factory: factory, didReload: configuration.didReload),
      drivers: drivers, history: HistoryWriter(journal: journal, ledger: ledger), runtime: runtime,
      reporter: ChangeReporter(logger: logger, events: events), clock: clock,
      deadlineTimer: DeadlineTimer(clock: clock, mailbox: mailbox, thread: thread),
      stop: StopAnnouncement(didBegin: configuration.didBeginStop), registrySize: configuration.registrySize, exits: configuration.exits)
    instruments = loop.instruments
    publication = loop.publication
    publication.update { ($0.file.resolution, $0.file.inputs) = (resolution, configuration.file?.inputs) }
    self.loop = Mutex(loop)
  }

  private static func graph(of services: [Service]) throws -> DependencyGraph {
    do {
      return try DependencyGraph(services.map(\.spec))
    } catch {
      throw SupervisorConfigurationError.graph(error.text(in: services.map(\.spec)))
    }
  }

  private static func key(_ directory: String?, logger: Logger) -> StateKey {
    guard let directory else { return .random }
    let (key, problem) = StateKey.take(from: directory, or: RuntimeFolder.open(stateDirectory: directory))
    if let problem { logger.warning("\(problem)") }
    return key
  }

  /// The names of what is kept where every user can make files.
  private static func places(_ directory: String?, logger: Logger) -> Places? {
    guard let directory else { return nil }
    do {
      let places = Places(in: try OpenFolder(directory), or: RuntimeFolder.open(stateDirectory: directory))
      for warning in places.warnings { logger.warning("\(warning)") }
      return places
    } catch {
      logger.warning("\(error)")
      return Places()
    }
  }

  private static func ledger(_ directory: String?, _ places: Places?, logger: Logger) -> Ledger? {
    guard let directory, let names = places?.ledgers, let name = names.first else { return nil }
    do {
      let former = names.dropFirst() + [try Ledger.formerName(for: directory)]
      return try Ledger(
        named: name, former: Array(former), columns: HistoryWriter.ledgerColumns, formerColumns: HistoryWriter.formerLedgerColumns)
    } catch {
      let isForeign = if case LedgerError.notOurs = error { true } else { false }
      logger.log(level: isForeign ? .warning : .info, "counters will begin at 0 if Stoker is killed: \(error)")
      return nil
    }
  }

  // MARK: From the start to the end

  /// Starts the loop, in a task that ends after ``close()``.
  func start() -> Task<Void, Never> {
    // Unstructured: cancelling the caller begins the full stop, and must not end the loop.
    Task(executorPreference: thread) { await self.drive() }
  }

  /// Takes over the state of an earlier Stoker, boots, and waits for the full stop. A stop that is requested meanwhile takes the place of
  /// the boot: before the takeover, the counters and the running services of the earlier Stoker would be lost.
  /// - Parameter willBoot: Called with the names of the services whose processes are adopted, before the first other service starts.
  func supervise(willBoot: @escaping @Sendable (_ adopted: Set<String>) -> Void) async throws -> StopReport {
    Task {
      // A disk that hangs must not make every request hang with it.
      try? await Task.sleep(for: Self.bootPatience, clock: SuspendingClock())
      endBootWaits()
    }
    Task {
      do {
        let takeover = try await takeOver()
        willBoot(Set(takeover.runs.filter(\.value.isThere).keys))
        mailbox.post(
          .request { [self] loop in
            loop.resume(takeover)
            let early = earlyCommands.withLock { $0.take() } ?? EarlyCommands()
            if early.commands.isEmpty { loop.perform(.boot, by: .boot) }
            for (command, origin) in early.commands { loop.perform(command, by: origin) }
            for caller in early.waiting { caller.resume() }
            loop.replies.afterPublishing {
              self.booted.store(true, ordering: .releasing)
              self.endBootWaits()
            }
          })
      } catch {
        endBootWaits()
        mailbox.post(.request { $0.replies.conclude(.failure(error)) })
        for caller in earlyCommands.withLock({ $0.take() })?.waiting ?? [] { caller.resume() }
      }
    }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { reply in
        mailbox.post(.request { $0.replies.replyAtEnd(to: reply) })
      }
    } onCancel: {
      perform(.shutdown, by: .program)
    }
  }

  /// The longest that a request waits for the end of the takeover.
  private static let bootPatience = Duration.seconds(5)

  func waitForBoot() async -> Bool {
    await withCheckedContinuation { request in
      let isKept = bootWaits.withLock { waits in
        waits?.append(request)
        return waits != nil
      }
      if !isKept { request.resume(returning: isBooted) }
    }
  }

  /// Answers the requests that wait for the end of the takeover, and keeps no further one waiting.
  private func endBootWaits() {
    for request in bootWaits.withLock({ $0.take() }) ?? [] { request.resume(returning: isBooted) }
  }

  private func takeOver() async throws -> Takeover {
    var takeover = Takeover(ledger: counters)
    async let known = journal?.load() ?? Journal.Loaded()
    if let runtime {
      let services = read().services
      let runs = try await runtime.leftRuns(of: services, marks: marks, groups: processes.groups)
      takeover.runs = runs.kept
      takeover.rights = try await NIOThreadPool.singleton.runIfActive {
        services.reduce(into: [:]) { rights, service in
          if runs.kept[service.name] != nil { rights[service.name] = service.command?.setup.fileRights }
        }
      }
      if !runs.unwanted.isEmpty { await stopUnwanted(runs, by: runtime) }
    }
    takeover.journal = await known
    takeover.reconcile()
    takeover.journal.endedCleanly = await takeCounters(takeover)
    return takeover
  }

  /// Moves the counters of the journal, if they are exact, to the ledger: they are exact in one of the two whenever we are killed. Returns
  /// whether we count on from them: not if they could not be outdated on the disk, since then a later Stoker could read them as exact.
  private func takeCounters(_ takeover: Takeover) async -> Bool {
    if takeover.journal.endedCleanly, takeover.ledger.isEmpty {
      await ask { [clock] loop in
        let counts = loop.services.map { ($0.name, takeover.counts(of: $0.name, clock: clock)) }
        loop.history.keep(Dictionary(counts.compactMap { name, counts in counts.map { (name, $0) } }) { first, _ in first }, clock: clock)
      }
    }
    journal?.append([.outdateCounters])
    return takeover.journal.endedCleanly ? await journal?.flush() ?? false : false
  }

  /// Stops the unwanted runs of an earlier Stoker. A request for the full stop does not wait for them: they were asked to end, and the
  /// next Stoker finds those that are still there.
  private func stopUnwanted(_ runs: LeftRuns, by runtime: RuntimeRecorder) async {
    endBootWaits()
    let (results, result) = AsyncStream<[LeftRun]?>.makeStream(bufferingPolicy: .bufferingOldest(1))
    Task { [marks, processes, logger] in
      result.yield(await runtime.stopUnwanted(runs, marks: marks, groups: processes.groups, logger: logger))
    }
    earlyCommands.withLock { early in
      early?.wait = result
      if early?.commands.isEmpty == false { result.yield(nil) }
    }
    for await survivors in results {
      guard let survivors else {
        runtime.keep(runs.unwanted)
        for leftover in runs.unwanted.flatMap(\.processes) {
          logger.warning(
            "\(leftover.subject): pid \(leftover.identity.pid) of an earlier Stoker is not waited for; the next Stoker stops it")
        }
        return
      }
      runtime.keep(survivors)
      for leftover in survivors.flatMap(\.processes) {
        logger.warning(
          "\(leftover.subject): pid \(leftover.identity.pid) of an earlier Stoker could not be ended, and is left alone; the next Stoker tries again"
        )
      }
      return
    }
  }

  /// Waits until the takeover is over. Before that a reload would publish zeros over the counters of the earlier Stoker, and abandon the
  /// running services that it removes.
  func waitForTakeover() async {
    await withCheckedContinuation { caller in
      let isOver = earlyCommands.withLock { early in
        early?.waiting.append(caller)
        return early == nil
      }
      if isOver { caller.resume() }
    }
  }

  /// Ends logs and events for their subscribers.
  func endStreams() {
    for service in read().services { service.log?.close() }
    events.close()
  }

  /// Ends the loop after the inputs that are in the mailbox.
  func close() {
    mailbox.close()
  }

  /// Ends the thread of the loop, after the loop.
  func shutdown() async {
    await thread.shutdown()
  }

  /// Handles inputs until the mailbox is closed, and writes the last state.
  private func drive() async {
    let watching = Task { [watch] in await watch?.run() }
    defer { watching.cancel() }
    // Taken out, so that there is only one copy of it.
    guard var loop = loop.withLock({ $0.take() }) else { return }
    for await _ in mailbox.rings { loop.handle(mailbox.drain()) }
    loop.handle(mailbox.drain())
    loop.end()
    // The last lines of services are part of their history, so the logs end first.
    await runtime?.finish()
    let drivers = loop.drivers
    drivers.shutdown()
    async let removal: Void = drivers.removeGroups()
    await loop.history.end(loop.core.snapshot(), of: loop.services, at: clock.now, clock: clock)
    await removal
  }

  // MARK: Queries

  var isBooted: Bool { booted.load(ordering: .acquiring) }

  func read() -> Published {
    publication.read()
  }

  func readWithTime() -> (Published, Instant) {
    publication.readWithTime(clock)
  }

  var recordProblem: String? { runtime?.problem }

  var hangingLogs: [String] { hanging.paths }

  func memoryLimit(of service: Service) -> UInt64? {
    processes.memoryLimit(of: service)
  }

  // MARK: Requests

  /// Runs `body` on the loop, between two inputs, and returns its result.
  func ask<Answer: Sendable>(_ body: @escaping @Sendable (inout SupervisorLoop) -> Answer) async -> Answer {
    await withCheckedContinuation { reply in
      mailbox.post(
        .request { loop in
          let answer = body(&loop)
          loop.replies.afterPublishing { reply.resume(returning: answer) }
        })
    }
  }

  /// Hands a command for the whole node to the loop, without a reply; after the takeover, if that is under way.
  func perform(_ command: Command, by origin: Origin) {
    let isEarly = earlyCommands.withLock { early in
      early?.commands.append((command, origin))
      early?.wait?.yield(nil)
      return early != nil
    }
    if isEarly { return }
    mailbox.post(.request { $0.perform(command, by: origin) })
  }

  func perform(_ command: ServiceCommand, goal: Goal, limit: Duration, by origin: Origin) async -> CommandReply {
    await withCheckedContinuation { reply in
      mailbox.post(.request { $0.perform(command, goal: goal, limit: limit, by: origin, reply: reply) })
    }
  }

  func perform(_ command: CommandToServices, by origin: Origin) async -> CommandToServices.Answer {
    await ask { command.perform(in: &$0, by: origin) }
  }

  func wait(_ order: CommandToServices.Order, goal: Goal, limit: Duration) async -> CommandReply {
    await withCheckedContinuation { reply in
      mailbox.post(.request { order.wait(in: &$0, goal: goal, limit: limit, reply: reply) })
    }
  }

  func stopEverything(by origin: Origin) { perform(.shutdown, by: origin) }

  func reload(service: String, by origin: Origin) async -> ServiceReloadReply {
    await withCheckedContinuation { reply in
      mailbox.post(.request { ServiceRequest(service: service, origin: origin).reload(in: &$0, reply: reply) })
    }
  }

  func signal(_ service: String, _ signal: Int32, _ scope: StopPolicy.Scope, by origin: Origin) async -> SignalReply {
    await ask { ServiceRequest(service: service, origin: origin).send(signal, scope, in: &$0) }
  }

  func remember() async -> Bool {
    await journal?.flush(within: .seconds(2)) ?? false
  }

  func checkAllNow() async -> [CheckNowResult] {
    await withCheckedContinuation { reply in
      mailbox.post(.request { $0.checkAllNow(reply: reply) })
    }
  }

  func register(_ registration: Registration, by origin: Origin) async -> Result<RegistryEntry, RegistryRefusal> {
    await ask { $0.register(registration, by: origin) }
  }

  func beat(_ name: String, status: RegistryEntry.Status?, details: String?) async -> Result<RegistryEntry, RegistryRefusal> {
    await ask { $0.beat(name, status: status, details: details) }
  }

  func deregister(_ name: String, by origin: Origin) async -> Result<RegistryEntry, RegistryRefusal> {
    await ask { $0.deregister(name, by: origin) }
  }
}

extension Journal.Notice {
  fileprivate var level: Logger.Level {
    switch self {
    case .failing: .error
    case .setAside: .warning
    case .recovered: .notice
    }
  }
}
