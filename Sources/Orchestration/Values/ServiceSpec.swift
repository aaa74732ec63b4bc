// The facts of a service that the core's rules need. Commands, paths and addresses stay with the parts that use them.

/// One service as the core sees it (docs/service-file.md). The defaults are those of the service file.
package struct ServiceSpec: Sendable, Equatable {
  /// Unique in the file, `[A-Za-z0-9][A-Za-z0-9_.-]{0,62}`; of an instance `SECTION@INSTANCE`.
  package var name: String
  /// The section of the file that it is an instance of (rule 89); nil: the section is this service alone.
  package var section: String?
  /// The kind of the service.
  package var kind: Kind
  /// Whether the initial start includes it; a disabled service is known and shown, and started only on request.
  package var isEnabled: Bool
  /// Whether it counts for readiness (rule 23).
  package var isCritical: Bool
  /// Its dependencies, in the order of the file.
  package var dependencies: [Dependency]
  /// The explicit layer, a barrier in the initial start and the full stop (rule 22); nil where the file names none.
  package var layer: Int?
  /// The end of its start.
  package var start: StartPolicy
  /// Its hooks.
  package var hooks: Set<Hook>
  /// The longest time between two signs of life of its process; nil: none are needed.
  package var watchdog: Duration?
  /// The longest time that a run may live, from its spawn on; nil: any.
  package var runtimeMax: Duration?
  /// Its checks; nil: it is healthy while it runs (rule 4).
  package var check: CheckPolicy?
  /// The answer to the end of a run.
  package var restart: RestartPolicy
  /// Its stop.
  package var stop: StopPolicy
  /// Its reload; nil: it has none.
  package var reload: ReloadPolicy?
  /// The heartbeat that the registry expects.
  package var heartbeat: HeartbeatPolicy

  /// A service of this name with the defaults of the service file.
  package init(
    name: String, section: String? = nil, kind: Kind = .process, isEnabled: Bool = true, isCritical: Bool = true,
    dependencies: [Dependency] = [],
    layer: Int? = nil, start: StartPolicy = StartPolicy(), hooks: Set<Hook> = [], watchdog: Duration? = nil,
    runtimeMax: Duration? = nil, check: CheckPolicy? = nil,
    restart: RestartPolicy? = nil, stop: StopPolicy = StopPolicy(), reload: ReloadPolicy? = nil,
    heartbeat: HeartbeatPolicy = HeartbeatPolicy()
  ) {
    self.name = name
    self.section = section
    self.kind = kind
    self.isEnabled = isEnabled
    self.isCritical = isCritical
    self.dependencies = dependencies
    self.layer = layer
    self.start = start
    self.hooks = hooks
    self.watchdog = watchdog
    self.runtimeMax = runtimeMax
    self.check = check
    self.restart = restart ?? RestartPolicy(rule: kind == .oneshot ? .onFailure : .always)
    self.stop = stop
    self.reload = reload
    self.heartbeat = heartbeat
  }

  /// Whether Stoker restarts it when its checks fail (rule 11).
  package var recovers: Bool { kind != .external && restart.rule != .never && check?.autoRecovery == true }

  /// The kind of a service (rules 28, 29).
  package enum Kind: String, Sendable, CaseIterable {
    /// Kept running.
    case process
    /// Kept running; its first process ends when it has gone into the background.
    case forking
    /// Runs to completion.
    case oneshot
    /// Not started by Stoker; only checked and registered.
    case external
    /// A task of the embedding program, which can be asked to end and cancelled, but not killed.
    case inProcess = "in_process"
  }
}
