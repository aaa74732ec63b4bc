// The façade: creates the supervision and its HTTP side, and runs both from a configuration to the end of the last service.

import Addresses
import Exposition
import HTTPServer
import Logging
import NIOPosix
import Orchestration
import Processes
import ServiceLogs
import Synchronization

/// Supervises services: starts them in dependency order, checks them, restarts those that fail, stops them in reverse order, and answers
/// API and metrics meanwhile.
///
/// It installs no signal handler, is no subreaper and reaps no foreign process (rule 29): the program around it decides when to ``stop()``.
///
/// ```swift
/// let supervisor = try Supervisor(SupervisorConfiguration(services: [worker]), logger: Logger(label: "app"))
/// let report = try await supervisor.run()
/// ```
public final class Supervisor: Sendable {
  /// The metrics on `/metrics`. Metrics that the program registers here stand on the same page; names that begin with `stoker_` or
  /// `process_` are Stoker's.
  public let metrics: Registry
  let supervision: Supervision
  private let hasBegun = Atomic<Bool>(false)
  private let lock: Mutex<StateLock?>
  /// Ends with the first request for a full stop: the start does not wait for listeners then.
  private let stops = AsyncStream<Never>.makeStream()

  /// Prepares everything that can fail before a service is touched: names and graph, the state directory and its lock.
  /// - Throws: `SupervisorConfigurationError`, `DescriptorShortage`, `StateLockError` if another Stoker has the state directory,
  ///   `RuntimeRecordError` if it belongs to another machine, or a system error.
  public init(_ configuration: SupervisorConfiguration, logger: Logger) throws {
    let need = DescriptorNeed(configuration)
    if let shortage = need.shortage { throw shortage }
    let lock = try configuration.stateDirectory.map { try StateLock(directory: $0, trusts: configuration.trustsFiles) }
    self.lock = Mutex(lock)
    supervision = try Supervision(configuration, watch: lock.map { StateDirectoryWatch($0.place, logger: logger) }, logger: logger)
    metrics = Registry(since: supervision.startedAt.seconds, createdSamples: configuration.createdSamples) { collector, error in
      logger.debug("metrics: '\(collector)' is left out of this scrape: \(error)")
    }
  }

  /// Supervises until a stop is over. May be called once.
  ///
  /// The listeners are bound first, then the state of a killed Stoker is taken over (rule 26), then services start. Cancelling the task
  /// begins the full stop.
  /// - Parameter onReady: Called with the addresses when the first service is about to start.
  /// - Returns: The services that were killed, and those that are left over.
  /// - Throws: `ServerError` if a listener cannot be bound.
  public func run(onReady: @escaping @Sendable ([String]) -> Void = { _ in }) async throws -> StopReport {
    try await run(willBoot: { addresses, _ in onReady(addresses) })
  }

  /// The same; `willBoot` is called with the names of the services whose processes are adopted, too.
  package func run(willBoot: @escaping @Sendable (_ addresses: [String], _ adopted: Set<String>) -> Void) async throws -> StopReport {
    precondition(!hasBegun.exchange(true, ordering: .relaxed), "a supervisor runs once")
    let front = Front(supervision, registry: metrics)
    let loop = supervision.start()
    let result: Result<StopReport, any Error>
    do {
      let addresses = try await start(front)
      result = .success(try await supervision.supervise { willBoot(addresses, $0) })
    } catch {
      result = .failure(error)
    }
    supervision.endStreams()
    await front.stop()
    // Requests that came during the end were refused by the core; the last of them has its answer before the loop ends.
    supervision.close()
    await loop.value
    await front.shutdown()
    await supervision.shutdown()
    lock.withLock { $0 = nil }
    return try result.get()
  }

  /// Binds the listeners. A host name may take the resolver's time: a request for the full stop does not wait for it, and is carried out
  /// without them.
  private func start(_ front: Front) async throws -> [String] {
    await Self.takeDescriptors()
    for warning in front.warnings { supervision.logger.warning("\(warning)") }
    let (results, result) = AsyncStream<Result<[String], any Error>>.makeStream(bufferingPolicy: .bufferingOldest(1))
    Task {
      do {
        result.yield(.success(try await front.start().map(\.description)))
      } catch {
        result.yield(.failure(error))
      }
    }
    Task {
      for await _ in stops.stream {}
      result.yield(.success([]))
    }
    for await outcome in results { return try outcome.get() }
    // The task was cancelled, which begins the full stop.
    return []
  }

  /// Has NIO and libdispatch open what they need and would not survive to do without: the event loops of checks, and the timer behind
  /// the clock of every sleep.
  private static func takeDescriptors() async {
    _ = MultiThreadedEventLoopGroup.singleton
    try? await Task.sleep(for: .nanoseconds(1), clock: SuspendingClock())
  }

  /// Begins the full stop: reverse order, gracefully (rule 24). `run()` returns when it is over.
  public func stop() { stop(by: .program) }

  package func stop(by origin: Origin) {
    supervision.perform(.shutdown, by: origin)
    stops.continuation.finish()
  }

  /// Kills all remaining processes at once (rule 25): the way to shorten a ``stop()``.
  public func killAll() { killAll(by: .program) }

  package func killAll(by origin: Origin) {
    supervision.perform(.killAll, by: origin)
  }

  /// The state directory; nil without one.
  package var stateDirectory: String? { supervision.configuration.stateDirectory }

  /// The services' names, by their index, which a reload may change: the names for the numbers in a report.
  public var serviceNames: [String] {
    supervision.read().services.map(\.name)
  }

  /// The logs of the services that have processes, each with its path, in the file's order.
  package var outputs: [(name: String, path: String?, log: ServiceLog)] {
    supervision.read().services.compactMap { service in
      service.log.map { (service.name, service.command?.logPolicy.path, $0) }
    }
  }

  /// Waits for an answer of the supervision's loop: it lives.
  package func answer() async { await supervision.ask { _ in } }

  /// The state of every service now. Never waits for supervision, nor delays it.
  package func overview() -> Overview {
    supervision.read().overview(at: supervision.clock.now)
  }

  /// Reads the service file again and applies its changes: services without a change are not touched. A file with errors changes nothing.
  /// - Returns: The reason why nothing was changed, in a sentence; nil if the file is in place.
  @discardableResult
  public func reload() async -> String? { await reload(by: .program) }

  @discardableResult
  package func reload(by origin: Origin) async -> String? {
    switch await supervision.reload(dryRun: false, by: origin) {
    case .planned: nil
    case .wrong(let problems): "nothing was changed: \(problems.joined(separator: "; "))"
    case .refused(let reason): reason
    }
  }
}
