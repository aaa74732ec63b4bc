// The façade: everything between a configuration and the end of the last service.

import Exposition
import HTTPServer
import Logging
import Orchestration
import Processes
import Synchronization

/// Supervises services: starts them in dependency order, checks them, restarts what falls, stops them in reverse, and answers API and
/// metrics meanwhile.
///
/// It installs no signal handler, sets no subreaper and reaps no stranger (rule 29): the program around it decides when to ``stop(by:)``.
///
/// ```swift
/// let supervisor = try Supervisor(SupervisorConfiguration(services: [worker]), logger: Logger(label: "app"))
/// let report = try await supervisor.run()
/// ```
public final class Supervisor: Sendable {
  /// What `/metrics` shows. Whatever the program registers here stands on the same page; names that begin with `stoker_` or `process_` are
  /// Stoker's.
  public let metrics: Registry
  let services: [Service]
  let graph: DependencyGraph
  let configuration: SupervisorConfiguration
  let clock = SupervisorClock()
  let publication: Publication
  let world: World
  let startedAt = Timestamp.now
  /// How long the dependency graph took to resolve.
  let graphResolution: Duration
  /// Leftovers are out of the way and the services are being started: commands are taken from now on.
  let isBooted = Atomic<Bool>(false)
  private let mailbox = Mailbox()
  private let logger: Logger
  private let loop: Mutex<SupervisorLoop?>
  private let lock: Mutex<StateLock?>

  /// Prepares everything that can fail before a service is touched: names and graph, the state directory and its lock.
  /// - Throws: `SupervisorConfigurationError`, `StateLockError` when another Stoker has the state directory, or what the system says.
  public init(_ configuration: SupervisorConfiguration, logger: Logger) throws {
    self.configuration = configuration
    self.logger = logger
    metrics = Registry(since: startedAt.seconds, createdSamples: configuration.createdSamples) { collector, error in
      logger.debug("metrics: '\(collector)' is left out of this scrape: \(error)")
    }
    services = try Service.all(of: configuration)
    let start = clock.now
    do {
      graph = try DependencyGraph(services.map(\.spec))
    } catch {
      throw SupervisorConfigurationError.graph(error.text(in: services.map(\.spec)))
    }
    graphResolution = clock.now - start
    lock = Mutex(try configuration.stateDirectory.map { try StateLock(directory: $0) })
    let runtime = configuration.stateDirectory.map { RuntimeRecorder(directory: $0, logger: logger) }
    world = try World(services, configuration: configuration, runtime: runtime, mailbox: mailbox)
    let loop = SupervisorLoop(services, graph: graph, world: world, clock: clock, mailbox: mailbox, logger: logger)
    publication = loop.publication
    self.loop = Mutex(loop)
  }

  /// Supervises until a stop is over. May be called once.
  ///
  /// The listeners are bound first, then leftovers of a killed predecessor are stopped (rule 26), then services start. Cancelling the task
  /// begins the full stop.
  /// - Parameter onReady: Called with the addresses when the first service is about to start.
  /// - Returns: Who had to be killed, and what is left over.
  /// - Throws: `ServerError` when a listener cannot be bound, `LeftoverError` when something of a predecessor cannot be ended.
  public func run(onReady: @escaping @Sendable ([String]) -> Void = { _ in }) async throws -> StopReport {
    guard let first = loop.withLock({ $0.take() }) else { preconditionFailure("a supervisor runs once") }
    let page = MetricsPage(self)
    let server = HTTPServer(configuration: serverConfiguration, routes: API(self, metrics: page).routes, observer: page.http)
    page.watch(server.gaugeReader)
    // Unstructured, since cancelling `run` must not cut the loop off: it begins the full stop instead.
    let driving = Task(executorPreference: world.loopThread) { [mailbox, clock] in await Self.drive(first, mailbox, clock) }
    let result: Result<StopReport, any Error>
    do {
      let addresses = try await server.start()
      result = .success(try await supervise(addresses, onReady))
    } catch {
      result = .failure(error)
    }
    await server.stop()
    // Requests that came during the end were refused by the core; the last of them is answered before the loop ends.
    mailbox.close()
    await driving.value
    await page.shutdown()
    await world.shutdown()
    lock.withLock { $0 = nil }
    return try result.get()
  }

  /// Clears the way, boots, and waits for the full stop. A stop that is asked for while leftovers are being stopped is heard at once.
  private func supervise(_ addresses: [ListenAddress], _ onReady: @escaping @Sendable ([String]) -> Void) async throws -> StopReport {
    Task {
      do {
        try await world.runtime?.stopLeftovers(mark: configuration.mark, services: services, logger: logger)
        onReady(addresses.map(\.description))
        mailbox.post(.request { $0.perform(.boot, by: .boot) })
        isBooted.store(true, ordering: .releasing)
      } catch {
        mailbox.post(.request { $0.fail(error) })
      }
    }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { reply in
        mailbox.post(.request { $0.tellEnd(to: reply) })
      }
    } onCancel: {
      stop(by: .program)
    }
  }

  /// Handles what comes until the mailbox is closed.
  private static func drive(_ first: consuming SupervisorLoop, _ mailbox: Mailbox, _ clock: SupervisorClock) async {
    var loop = first
    for await _ in mailbox.rings {
      clock.noticeSteps()
      loop.handle(mailbox.drain())
    }
    loop.handle(mailbox.drain())
    loop.end()
  }

  /// Begins the full stop: reverse order, gracefully (rule 24). `run()` returns when it is over.
  public func stop(by origin: Origin = .program) {
    mailbox.post(.request { $0.perform(.shutdown, by: origin) })
  }

  /// Kills what is left of everything, at once (rule 25); after `stop`, for those who will not wait.
  public func killAll(by origin: Origin = .program) {
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
    return max(16, (limit - 128 - 8 * services.count) / 2)
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
          loop.afterPublishing.append { reply.resume(returning: answer) }
        })
    }
  }

  func perform(_ command: Command, on id: ServiceID, goal: Goal, limit: Duration, by origin: Origin) async -> CommandOutcome {
    await withCheckedContinuation { reply in
      mailbox.post(.request { $0.perform(command, on: id, goal: goal, limit: limit, by: origin, reply: reply) })
    }
  }

  func checkNow(_ ids: [ServiceID]) async -> [CheckNowResult] {
    await withCheckedContinuation { reply in
      mailbox.post(.request { $0.checkNow(ids, reply: reply) })
    }
  }
}
