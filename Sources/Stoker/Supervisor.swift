// The façade: everything between a configuration and the end of the last service.

import Exposition
import HTTPServer
import Journal
import Logging
import NIOPosix
import Orchestration
import Processes
import ServiceFile
import ServiceLogs
import Synchronization

/// Supervises services: starts them in dependency order, checks them, restarts what falls, stops them in reverse, and answers API and
/// metrics meanwhile.
///
/// It installs no signal handler, sets no subreaper and reaps no stranger (rule 29): the program around it decides when to ``stop()``.
///
/// ```swift
/// let supervisor = try Supervisor(SupervisorConfiguration(services: [worker]), logger: Logger(label: "app"))
/// let report = try await supervisor.run()
/// ```
public final class Supervisor: Sendable {
  /// What `/metrics` shows. Whatever the program registers here stands on the same page; names that begin with `stoker_` or `process_` are
  /// Stoker's.
  public let metrics: Registry
  let configuration: SupervisorConfiguration
  let clock = SupervisorClock()
  let publication: Publication
  let world: World
  /// What lasts; nil without a state directory.
  let journal: Journal?
  let startedAt: Timestamp
  /// What happens, for who follows it.
  let events: EventLog
  /// What an earlier Stoker left is taken over, and that is published: questions are answered and commands taken from now on.
  let isBooted = Atomic<Bool>(false)
  private let hasBegun = Atomic<Bool>(false)
  private let reloadTickets = Atomic<UInt64>(0)
  private let mailbox = Mailbox()
  private let logger: Logger
  private let loop: Mutex<SupervisorLoop?>
  private let lock: Mutex<StateLock?>
  /// What the ledger of a predecessor says, read before ours begins.
  private let ledger: [String: [UInt64]]

  /// Prepares everything that can fail before a service is touched: names and graph, the state directory and its lock.
  /// - Throws: `SupervisorConfigurationError`, `StateLockError` when another Stoker has the state directory, or what the system says.
  public init(_ configuration: SupervisorConfiguration, logger: Logger) throws {
    self.configuration = configuration
    self.logger = logger
    startedAt = .now
    events = EventLog(life: String(startedAt.nanoseconds, radix: 36))
    metrics = Registry(since: startedAt.seconds, createdSamples: configuration.createdSamples) { collector, error in
      logger.debug("metrics: '\(collector)' is left out of this scrape: \(error)")
    }
    let directory = configuration.stateDirectory
    lock = Mutex(try directory.map { try StateLock(directory: $0) })
    world = try World(configuration: configuration, mailbox: mailbox, logger: logger)
    let workshop = Workshop(
      logs: world.logs, inherited: configuration.environment, descriptorLimit: configuration.descriptorLimit, stateDirectory: directory,
      inProcess: configuration.inProcess)
    let services = try workshop.make(configuration.file?.services ?? [])
    let start = clock.now
    let graph: DependencyGraph
    do {
      graph = try DependencyGraph(services.map(\.spec))
    } catch {
      throw SupervisorConfigurationError.graph(error.text(in: services.map(\.spec)))
    }
    let resolution = clock.now - start
    journal = directory.map { Journal(directory: $0) { notice in logger.log(level: notice.level, "\(notice)") } }
    let ledger = Self.ledger(directory, logger: logger)
    self.ledger = ledger?.read() ?? [:]
    let loop = SupervisorLoop(
      services, file: configuration.file, didReload: configuration.didReload, graph: graph, workshop: workshop, world: world,
      chronicle: Chronicle(journal: journal, ledger: ledger), events: events,
      clock: clock, mailbox: mailbox, logger: logger, resolution: resolution)
    publication = loop.publication
    self.loop = Mutex(loop)
  }

  private static func ledger(_ directory: String?, logger: Logger) -> Ledger? {
    guard let directory else { return nil }
    do {
      return try Ledger(stateDirectory: directory, columns: Chronicle.ledgerColumns)
    } catch {
      logger.info("counters will begin at 0 should Stoker be killed: \(error)")
      return nil
    }
  }

  /// Supervises until a stop is over. May be called once.
  ///
  /// The listeners are bound first, then what a killed predecessor left is taken over (rule 26), then services start. Cancelling the task
  /// begins the full stop.
  /// - Parameter onReady: Called with the addresses when the first service is about to start.
  /// - Returns: Who had to be killed, and what is left over.
  /// - Throws: `ServerError` when a listener cannot be bound, `LeftoverError` when something of a predecessor cannot be ended.
  public func run(onReady: @escaping @Sendable ([String]) -> Void = { _ in }) async throws -> StopReport {
    precondition(!hasBegun.exchange(true, ordering: .relaxed), "a supervisor runs once")
    let page = MetricsPage(self)
    let server = HTTPServer(configuration: serverConfiguration, routes: API(self, metrics: page).routes, observer: page.http)
    page.watch(server.gaugeReader)
    // Unstructured, since cancelling `run` must not cut the loop off: it begins the full stop instead.
    let driving = Task(executorPreference: world.loopThread) { await self.drive() }
    let result: Result<StopReport, any Error>
    do {
      let addresses = try await server.start()
      result = .success(try await supervise(addresses, onReady))
    } catch {
      result = .failure(error)
    }
    await endFollowing(server.gaugeReader)
    await server.stop()
    // Requests that came during the end were refused by the core; the last of them is answered before the loop ends.
    mailbox.close()
    await driving.value
    await page.shutdown()
    await world.loopThread.shutdown()
    lock.withLock { $0 = nil }
    return try result.get()
  }

  /// Takes over what is there, boots, and waits for the full stop. A stop that is asked for meanwhile is heard at once.
  private func supervise(_ addresses: [ListenAddress], _ onReady: @escaping @Sendable ([String]) -> Void) async throws -> StopReport {
    Task {
      do {
        var predecessor = Predecessor(ledger: ledger)
        async let known = journal?.load() ?? Journal.Loaded()
        predecessor.runs = try await takeOver() ?? [:]
        predecessor.journal = await known
        predecessor.heedLedger()
        onReady(addresses.map(\.description))
        mailbox.post(
          .request { [self, predecessor] loop in
            loop.resume(predecessor)
            loop.perform(.boot, by: .boot)
            loop.replies.afterPublishing { self.isBooted.store(true, ordering: .releasing) }
          })
      } catch {
        mailbox.post(.request { $0.replies.conclude(.failure(error)) })
      }
    }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { reply in
        mailbox.post(.request { $0.replies.tellEnd(to: reply) })
      }
    } onCancel: {
      stop(by: .program)
    }
  }

  /// Who follows a log or the events hears the last words, unless he reads too slowly for it.
  private func endFollowing(_ gauges: @Sendable () -> ServerGauges) async {
    for service in read().services { service.log?.close() }
    events.close()
    let deadline = SuspendingClock.now + .seconds(1)
    while gauges().streams > 0, SuspendingClock.now < deadline { try? await Task.sleep(for: .milliseconds(5)) }
  }

  private func takeOver() async throws -> [String: LeftRun]? {
    try await world.runtime?.takeOver(
      read().services, mark: configuration.mark, groups: world.processes.groups, bootID: world.bootID, logger: logger)
  }

  /// Handles what comes until the mailbox is closed, and writes down how it was then.
  private func drive() async {
    // Taken out here, so that there is only one of it.
    guard var loop = loop.withLock({ $0.take() }) else { return }
    for await _ in mailbox.rings {
      clock.noticeSteps()
      loop.handle(mailbox.drain())
    }
    loop.handle(mailbox.drain())
    loop.end()
    // What services said last is part of their history, so the logs end first.
    let world = loop.world
    await world.shutdown()
    async let removal: Void = world.removeGroups()
    await loop.chronicle.end(loop.core.snapshot())
    await removal
  }

  /// Begins the full stop: reverse order, gracefully (rule 24). `run()` returns when it is over.
  public func stop() { stop(by: .program) }

  package func stop(by origin: Origin) {
    mailbox.post(.request { $0.perform(.shutdown, by: origin) })
  }

  /// The services' names, by their index, as a reload may have changed them: what a report's numbers mean.
  public var serviceNames: [String] {
    read().services.map(\.name)
  }

  /// Kills what is left of everything, at once (rule 25); after `stop`, for those who will not wait.
  public func killAll() { killAll(by: .program) }

  package func killAll(by origin: Origin) {
    mailbox.post(.request { $0.perform(.killAll, by: origin) })
  }

  private var serverConfiguration: ServerConfiguration {
    var listeners = configuration.listeners
    if let directory = configuration.stateDirectory { listeners.append(.unix(path: "\(directory)/stoker.sock")) }
    var server = ServerConfiguration(listeners: listeners, allowedHosts: configuration.allowedHosts, control: configuration.control)
    server.maxConnections = min(server.maxConnections, connectionsLeft)
    return server
  }

  /// How many connections leave enough descriptors for the services: a pipe for each of their outputs, a pidfd, a log, and one for a check.
  /// TCP and Unix sockets have as many each.
  private var connectionsLeft: Int {
    let limit = (try? DescriptorLimit.current()).map { Int(clamping: $0.soft) } ?? 1024
    return max(16, (limit - 128 - 8 * read().services.count) / 2)
  }
}

// What API and metrics ask of the loop.
extension Supervisor {
  /// The state of everything, without waiting.
  func read() -> Published {
    publication.read()
  }

  /// Runs `body` on the loop, between two inputs, and returns what it returns.
  func ask<Answer: Sendable>(_ body: @escaping @Sendable (inout SupervisorLoop) -> Answer) async -> Answer {
    await withCheckedContinuation { reply in
      mailbox.post(
        .request { loop in
          let answer = body(&loop)
          loop.replies.afterPublishing { reply.resume(returning: answer) }
        })
    }
  }

  func perform(_ order: Order, goal: Goal, limit: Duration, by origin: Origin) async -> CommandOutcome {
    await withCheckedContinuation { reply in
      mailbox.post(.request { $0.perform(order, goal: goal, limit: limit, by: origin, reply: reply) })
    }
  }

  func checkAllNow() async -> [CheckNowResult] {
    await withCheckedContinuation { reply in
      mailbox.post(.request { $0.checkAllNow(reply: reply) })
    }
  }
}

extension Supervisor {
  /// Reads the service file again and applies what has changed, and nothing else: services that did not change are not touched. A file that
  /// is wrong changes nothing.
  /// - Returns: Why nothing was changed, in a sentence; nil if the file is in place.
  @discardableResult
  public func reload() async -> String? { await reload(by: .program) }

  @discardableResult
  package func reload(by origin: Origin) async -> String? {
    switch await reload(dryRun: false, by: origin) {
    case .planned: nil
    case .wrong(let problems): "nothing was changed: \(problems.joined(separator: "; "))"
    case .refused(let reason): reason
    }
  }

  func reload(dryRun: Bool, by origin: Origin) async -> ReloadOutcome {
    guard let read = configuration.read else {
      logger.warning("nothing is reloaded: Stoker was not started from a service file (\(origin.text))")
      return .refused("Stoker was not started from a service file")
    }
    while true {
      let ticket = reloadTickets.add(1, ordering: .relaxed).newValue
      let result: Result<ServiceFile, any Error>
      do {
        // The file may lie on a disk that hangs.
        result = .success(try await NIOThreadPool.singleton.runIfActive { try read() })
      } catch {
        result = .failure(error)
      }
      // Who was overtaken by a later reader holds a file that may be older than the one in place: it is read again.
      if let outcome = await apply(result, ticket, dryRun: dryRun, by: origin) { return outcome }
    }
  }

  /// Nil if a file that was read later is in place already.
  private func apply(
    _ result: Result<ServiceFile, any Error>, _ ticket: UInt64, dryRun: Bool, by origin: Origin
  ) async -> ReloadOutcome? {
    await ask { loop in
      guard dryRun || ticket > loop.reloads.ticket else { return nil }
      let outcome: ReloadOutcome
      switch result {
      case .success(let file): outcome = loop.reload(file, dryRun: dryRun, by: origin)
      case .failure(let error as ServiceFileError): outcome = .wrong(error.diagnostics.map(\.description))
      case .failure(let error): outcome = .wrong(["\(error)"])
      }
      guard !dryRun else { return outcome }
      loop.reloads.ticket = ticket
      if case .wrong(let problems) = outcome { loop.reloadFailed(problems, by: origin) }
      return outcome
    }
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
