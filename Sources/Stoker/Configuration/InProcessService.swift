// Services of the embedding program: a run function, and perhaps a health function.

import Orchestration
import Synchronization

/// A service that is a task of this program (docs/behaviour.md, rule 29).
///
/// It is supervised by the same core as processes: dependencies, checks, back-off, limits and metrics are the same. It cannot be killed: a
/// stop requests its end (``ServiceContext/waitForStop()``), at the deadline its task is cancelled, and if it still runs it is reported as
/// left over and not started again until it ends.
public struct InProcessService: Sendable {
  /// Its specification for the core. `kind` is always `.inProcess`; the dependencies are those of `dependsOn`.
  package var spec: ServiceSpec
  /// The names of services that must have started (and be healthy, if they have a check) before this one.
  public var dependsOn: [String]
  /// One line for people.
  public var description: String?
  /// Shown in the registry and in `stoker_service_info`.
  public var version: String?
  /// Free text that groups services in the registry's statistics; the name by default.
  public var type: String?
  /// The service itself. Returning is a clean end, throwing an unclean one.
  public var run: @Sendable (ServiceContext) async throws -> Void
  /// The health check; throwing is a failed check. Nil: it has none.
  public var health: (@Sendable () async throws -> HealthReport)?

  /// A service called `name`.
  /// - Parameters:
  ///   - check: The schedule of `health`, and the thresholds for its results.
  public init(
    _ name: String, description: String? = nil, type: String? = nil, version: String? = nil, dependsOn: [String] = [],
    critical: Bool = true, restart: RestartPolicy = RestartPolicy(), stop: StopPolicy = StopPolicy(), check: CheckPolicy = CheckPolicy(),
    health: (@Sendable () async throws -> HealthReport)? = nil, run: @escaping @Sendable (ServiceContext) async throws -> Void
  ) {
    spec = ServiceSpec(
      name: name, kind: .inProcess, isCritical: critical, check: health == nil ? nil : check, restart: restart, stop: stop)
    self.dependsOn = dependsOn
    self.description = description
    self.version = version
    self.type = type
    self.run = run
    self.health = health
  }
}

/// The result of a passed health check.
public struct HealthReport: Sendable {
  /// One sentence.
  public var message: String
  /// A JSON object of details, kept with the newest result.
  public var details: JSON?

  /// A passed check.
  public init(_ message: String = "ok", details: JSON? = nil) {
    self.message = message
    self.details = details
  }
}

/// The context of one run, for the run function.
public final class ServiceContext: Sendable {
  /// The run's number.
  public let run: UInt64
  private let stop: AsyncStream<Void>.Continuation
  private let stopped: AsyncStream<Void>
  private let isStopping = Atomic<Bool>(false)

  init(run: UInt64) {
    self.run = run
    (stopped, stop) = AsyncStream.makeStream()
  }

  /// Whether the end of the run was requested.
  public var isStopRequested: Bool {
    isStopping.load(ordering: .relaxed)
  }

  /// Suspends until the end of the run is requested, or its task is cancelled. One waiter at a time.
  public func waitForStop() async {
    for await _ in stopped {}
  }

  func requestStop() {
    isStopping.store(true, ordering: .relaxed)
    stop.finish()
  }
}
