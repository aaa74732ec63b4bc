// What somebody asks of the core.

/// What somebody asks of the core (rules 18 to 20, 24, 25).
package enum Command: Sendable, Equatable {
  /// Start everything that is enabled: the initial start.
  case boot
  /// Start this service and the stopped services it requires; `force` lifts the restart limit.
  case start(ServiceID, force: Bool)
  /// Stop this service.
  case stop(ServiceID, StopMode)
  /// Restart this service; `force` lifts the restart limit.
  case restart(ServiceID, force: Bool)
  /// Stop everything, in reverse order; nothing is started any more.
  case shutdown
  /// Kill what is left of everything, at once: the second signal (rule 25).
  case killAll

  /// What a stop does about live services that require the one to be stopped (rule 19).
  package enum StopMode: Sendable, Equatable {
    /// Refuse, and name them.
    case refuse
    /// Stop only the named one.
    case force
    /// Stop them first.
    case cascade
  }
}
