// The note of a service: one short clause that the command line, the page and the API show.

/// The latest errors of a service outside the core, which does not keep them.
package struct ServiceErrors: Sendable {
  /// The last error, in one sentence.
  package var lastError: String?
  /// The message of the last check, if it failed.
  package var failedCheck: String?
  /// Why its processes cannot be looked at.
  package var unsettled: String?
  /// The cause of a state that an earlier Stoker left.
  package var remembered: String?
  /// The last failure, though the service may be well again; read only in a loop of restarts.
  package var lastFailure: String?

  /// The errors of one service.
  package init(
    lastError: String? = nil, failedCheck: String? = nil, unsettled: String? = nil, remembered: String? = nil,
    lastFailure: String? = nil
  ) {
    self.lastError = lastError
    self.failedCheck = failedCheck
    self.unsettled = unsettled
    self.remembered = remembered
    self.lastFailure = lastFailure
  }
}

extension Snapshot {
  /// The note of a service, without times: "waits for web, because database failed: exited with code 1"; empty if there
  /// is no trouble.
  /// - Parameters:
  ///   - causes: The root causes of this snapshot; nil is allowed if nothing holds the service up.
  ///   - errors: The errors of a service.
  package func note(of id: ServiceID, _ causes: RootCauses?, errors: (ServiceID) -> ServiceErrors) -> String {
    let view = self[id]
    let trouble: String? =
      switch view.status {
      case .backoff: failure(of: id, errors(id))
      case .failed: (view.isLimitReached ? "gave up: " : "") + failure(of: id, errors(id))
      case .running, .starting: unsettled(errors(id)) ?? unrest(of: id, errors(id))
      case .stopping: unsettled(errors(id)) ?? demise(of: id, errors(id))
      case .stopped: halt(of: id)
      case .completed: remains(of: id)
      case .waiting: nil
      }
    let holds = view.status == .waiting ? "waits for" : view.comesBack ? "comes back after" : "relies on"
    return [trouble, reason(of: id, causes, errors).map { "\(holds) \($0)" }].compactMap(\.self).joined(separator: "; ")
  }

  /// The end of a service that is done, if it left processes running: people may think that these do its work.
  private func remains(of id: ServiceID) -> String? {
    if case .exited(_, leaving: .some) = self[id].cause { self[id].cause.text(in: graph) } else { nil }
  }

  /// The service that holds it up, with its state: "web, because database failed: exited with code 1".
  private func reason(of id: ServiceID, _ causes: RootCauses?, _ errors: (ServiceID) -> ServiceErrors) -> String? {
    guard let causes, let lead = causes.lead(of: id) else { return nil }
    let root = causes[id]
    let state = state(of: root, errors(root))
    return lead == root ? "\(graph[root].name), which \(state)" : "\(graph[lead].name), because \(graph[root].name) \(state)"
  }

  /// The reason why a stopped service is not wanted: the service file, or a person's wish, which outlives Stoker.
  private func halt(of id: ServiceID) -> String? {
    let halt = stop(of: id).map { "stopped \($0)" }
    let reason = graph[id].isEnabled ? halt : halt.map { "disabled, \($0)" } ?? "disabled"
    let end = killing(of: id)
    return reason.map { $0 + (end.map { ", \($0)" } ?? "") } ?? end
  }

  /// The end of a stop that needed SIGKILL: "killed after 2 s"; nil where the process ended by itself.
  func killing(of id: ServiceID) -> String? {
    guard case (.stopped, .killed) = (self[id].status, self[id].cause) else { return nil }
    return self[id].lastStopDuration.map { "killed after \($0.rough)" } ?? "killed"
  }

  /// The caller that wants the service down, or the other service for which it went down; nil: nobody but the file.
  private func stop(of id: ServiceID) -> String? {
    let view = self[id]
    guard !view.isDesiredUp, !node.isShuttingDown, !view.isRetiring else { return nil }
    switch view.wishCause {
    case .requested(let origin) where origin.isCaller: return "by \(origin.text)"
    case .requestedFor(let other, let origin) where origin.isCaller: return "by \(origin.text) for \(graph[other].name)"
    case .dependency: return view.wishCause.text(in: graph)
    case .requested, .requestedFor, .shutdown, .spawned, .ready, .adopted, .remembered, .exited, .startFailed, .startTimedOut, .check,
      .unhealthy, .watchdog, .runtimeMax, .backoffElapsed, .barrier, .layersSettled, .reloaded, .restartLimit, .killed, .survived,
      .heartbeat, .sum:
      return nil
    }
  }

  /// The reason why a run ends that nobody asked to end, or why it does not.
  private func demise(of id: ServiceID, _ errors: ServiceErrors) -> String? {
    let view = self[id]
    if view.isLeftOver { return survivor(id) }
    return view.health == .degraded || view.health == .unhealthy ? failure(of: id, errors) : nil
  }

  /// "survived SIGKILL: a process of its run 3 still exists"
  func survivor(_ id: ServiceID) -> String { "survived SIGKILL: a process of its run \(self[id].run) still exists" }

  /// The state of a root cause, as the end of a sentence that has named it.
  private func state(of id: ServiceID, _ errors: ServiceErrors) -> String {
    let view = self[id]
    switch view.status {
    case .failed: return "failed: \(failure(of: id, errors))"
    case .backoff: return "is in back-off: \(failure(of: id, errors))"
    case .running where view.health == .healthy: return "is running"
    case .running where view.health == .unknown: return "has no check result yet"
    case .running: return "is \(view.health.rawValue)" + (illness(of: id, errors).map { ": \($0)" } ?? "")
    case .starting: return "is starting" + (illness(of: id, errors).map { ": \($0)" } ?? "")
    case .stopped: return halt(of: id).map { graph[id].isEnabled ? "was \($0)" : "is \($0)" } ?? "is stopped"
    case .waiting, .stopping, .completed: return "is \(view.status.rawValue)"
    }
  }

  /// The reason why a service is unwell, and the restarts after which it has not been well for long enough (rule 10).
  private func unrest(of id: ServiceID, _ errors: ServiceErrors) -> String? {
    let illness = illness(of: id, errors)
    let clauses = [illness, repeats(of: id, errors, besides: illness)].compactMap(\.self)
    return clauses.isEmpty ? nil : clauses.joined(separator: "; ")
  }

  /// The restarts of a loop, and the failure that the last one followed: `restarted 7 times in a row, last: exited with code 1`.
  /// - Parameter known: The failure that the sentence has named.
  func repeats(of id: ServiceID, _ errors: ServiceErrors, besides known: String? = nil) -> String? {
    guard self[id].isLooping else { return nil }
    let failure = errors.lastFailure.flatMap { $0 == known ? nil : $0 }
    return "restarted \(self[id].attempts) times in a row" + (failure.map { ", last: \($0)" } ?? "")
  }

  /// The reason why a service is degraded or unhealthy; nil if it is neither.
  private func illness(of id: ServiceID, _ errors: ServiceErrors) -> String? {
    let view = self[id]
    guard view.health == .degraded || view.health == .unhealthy else { return nil }
    if let failedCheck = errors.failedCheck { return failedCheck }
    // The failure belongs to an earlier run, or a better result has followed.
    return view.status == .running ? Self.proving : errors.lastError
  }

  /// The condition of an unhealthy service whose current run has not failed.
  static let proving = "it has not recovered from an earlier failure yet"

  /// The reason why its processes cannot be looked at: nobody knows whether they are left.
  func unsettled(_ errors: ServiceErrors) -> String? {
    errors.unsettled.map { "its processes cannot be looked at: \($0)" }
  }

  private func failure(of id: ServiceID, _ errors: ServiceErrors) -> String {
    if let error = errors.lastError { return error }
    return self[id].cause == .remembered ? "before this Stoker was started" : self[id].cause.text(in: graph)
  }
}
