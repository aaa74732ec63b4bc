// What the core knows of a service: only what its rules need. Commands, paths and addresses stay with those who use them.

/// One service as the core sees it (service-file.md). The defaults are those of the service file.
package struct ServiceSpec: Sendable, Equatable {
  /// Unique in the file, `[A-Za-z0-9][A-Za-z0-9_.-]{0,62}`.
  package var name: String
  /// What it is.
  package var kind: Kind
  /// Started by itself; a disabled service is known and shown, and started only on request.
  package var isEnabled: Bool
  /// Counts for readiness (rule 23).
  package var isCritical: Bool
  /// What it depends on, in the order of the file.
  package var dependencies: [Dependency]
  /// The explicit layer, a barrier in the initial start and the full stop (rule 22); nil where the file names none.
  package var layer: Int?
  /// When its start is done.
  package var start: StartPolicy
  /// The hooks that it has.
  package var hooks: Set<Hook>
  /// How often the process must show that it lives; nil: it need not.
  package var watchdog: Duration?
  /// How it is checked; nil: well as long as it runs (rule 4).
  package var check: CheckPolicy?
  /// What happens when it falls.
  package var restart: RestartPolicy
  /// How it is stopped.
  package var stop: StopPolicy
  /// The heartbeat that the registry expects.
  package var heartbeat: HeartbeatPolicy

  /// A service of this name with the defaults of the service file.
  package init(
    name: String, kind: Kind = .process, isEnabled: Bool = true, isCritical: Bool = true, dependencies: [Dependency] = [],
    layer: Int? = nil, start: StartPolicy = StartPolicy(), hooks: Set<Hook> = [], watchdog: Duration? = nil, check: CheckPolicy? = nil,
    restart: RestartPolicy? = nil, stop: StopPolicy = StopPolicy(), heartbeat: HeartbeatPolicy = HeartbeatPolicy()
  ) {
    self.name = name
    self.kind = kind
    self.isEnabled = isEnabled
    self.isCritical = isCritical
    self.dependencies = dependencies
    self.layer = layer
    self.start = start
    self.hooks = hooks
    self.watchdog = watchdog
    self.check = check
    self.restart = restart ?? RestartPolicy(rule: kind == .oneshot ? .onFailure : .always)
    self.stop = stop
    self.heartbeat = heartbeat
  }

  /// What a service is (rules 28, 29).
  package enum Kind: String, Sendable, CaseIterable {
    /// Kept running.
    case process
    /// Runs to completion.
    case oneshot
    /// Not started by Stoker, only checked and registered.
    case external
    /// A task of the embedding program; it can be asked and cancelled, not killed.
    case inProcess = "in_process"
  }
}
