// Explanations from a snapshot.

extension Snapshot {
  /// The depth of the tree. The root cause is found at any distance.
  private static let deepest = 32

  /// Explains the state of `id`. Follows its blockers down to the root cause, and names no service twice.
  /// - Parameter errors: The errors of a service.
  package func explain(_ id: ServiceID, at now: Instant, errors: (ServiceID) -> ServiceErrors = { _ in ServiceErrors() }) -> Explanation {
    // Searched breadth first and put together from the end, so that a long chain needs no recursion.
    var nodes = [Visit(id: id, depth: 0, children: [])]
    var seen: Set<ServiceID> = [id]
    var next = 0
    while next < nodes.count {
      for blocker in self[nodes[next].id].reasons where seen.insert(blocker.service).inserted {
        nodes[next].children.append(nodes.count)
        nodes.append(Visit(id: blocker.service, depth: nodes[next].depth + 1, children: []))
      }
      next += 1
    }
    let causes = RootCauses(of: self)
    var done: [Int: Explanation] = [:]
    for position in nodes.indices.reversed() where nodes[position].depth < Self.deepest {
      let children = nodes[position].children.compactMap { done.removeValue(forKey: $0) }
      done[position] = explanation(of: nodes[position].id, causes, children: children, at: now, errors)
    }
    return done[0] ?? explanation(of: id, causes, children: [], at: now, errors)
  }

  /// One service on the way to the root.
  private struct Visit {
    var id: ServiceID
    var depth: Int
    var children: [Int]
  }

  private func explanation(
    of id: ServiceID, _ causes: RootCauses, children: [Explanation], at now: Instant, _ errors: (ServiceID) -> ServiceErrors
  ) -> Explanation {
    let view = self[id]
    let root = causes[id]
    var sentence = clause(id, at: now, errors(id))
    if let lead = causes.lead(of: id), lead != root { sentence += "; " + clause(lead, at: now, errors(lead)) }
    if root != id { sentence += "; " + clause(root, at: now, errors(root)) }
    return Explanation(
      service: id, sentence: sentence, status: view.status, health: view.health, since: view.enteredAt, nextAttempt: view.nextAttempt,
      attempts: view.attempts, limit: graph[id].restart.maxAttempts, lastExit: view.lastExit, lastExitAt: view.lastExitAt,
      children: children, rootCause: root, advice: advice(root))
  }

  /// The state of one service and its reason, in one sentence, without its blockers. It ends with the error that is known.
  package func clause(_ id: ServiceID, at now: Instant, _ errors: ServiceErrors = ServiceErrors()) -> String {
    let view = self[id]
    let name = graph[id].name
    let age = (now - view.enteredAt).ago
    let cause = errors.remembered ?? view.cause.text(in: graph)
    switch view.status {
    case .stopped:
      if !graph[id].isEnabled, case .requested(.boot) = view.cause {
        return "\(name) is disabled and was not started" + (view.run == 0 ? "" : " since Stoker began")
      }
      if view.run == 0, view.timeInState.total == 0, case .requested(.boot) = view.cause { return "\(name) has not been started yet" }
      return "\(name)\(graph[id].isEnabled ? "" : " is disabled, and") has been stopped for \(age): \(view.stopCause.text(in: graph))"
        + (killing(of: id).map { ", \($0)" } ?? "")
    case .waiting:
      return "\(name) waits for "
        + (view.blockers.isEmpty ? "its dependencies" : graph.words(for: view.blockers).map(wait).joined(separator: " and "))
    case .starting:
      if graph[id].kind == .external { return "\(name) is external and has not passed a check yet" + ending(errors.failedCheck) }
      if view.hook == .preStart { return "\(name) has been starting for \(age): its pre-start hook is running" }
      let work = view.isReadying ? "its process is running and has not reported yet that it is ready" : cause
      return "\(name) has been starting for \(age): \(work)" + (repeats(of: id, errors, besides: cause).map { "; it was \($0)" } ?? "")
    case .running:
      return running(id, at: now, errors)
    case .backoff:
      let next = view.nextAttempt.map { ($0 - now).span } ?? "a moment"
      return "\(name) failed \(age) ago: \(cause), restarts in \(next) (\(used(id)))"
        + ending(errors.lastError, after: cause) + remedy(view.cause)
    case .stopping:
      if view.isLeftOver { return "\(name) \(survivor(id))" }
      let hook = view.hook.map { ", its \($0.words) is running" } ?? ""
      let unsettled = unsettled(errors).map { ", and \($0)" } ?? ""
      return "\(name) has been stopping for \(age): \(cause)\(hook)\(unsettled)"
    case .completed:
      return "\(name) completed \(age) ago: \(cause)\(remedy(view.cause))"
    case .failed:
      let error = ending(errors.lastError, after: cause) + remedy(view.cause)
      guard view.isLimitReached else { return "\(name) failed \(age) ago: \(cause), and its restart policy allows no restart\(error)" }
      let end = "\(name) failed \(age) ago: \(cause), and Stoker gave up after \(view.attempts.restarts)\(error)"
      return view.comesBack && !view.lost.isEmpty ? "\(end); it starts again when \(goals(view.lost) { $1 ? $0.states : $0.state })" : end
    }
  }

  /// The remedy for the cause of a state, as the end of a sentence; empty if there is none that fits all.
  private func remedy(_ cause: Cause) -> String {
    guard case .exited(_, .some(let remains)) = cause, remains.isBackground else { return "" }
    return "; \(remains.remedy)"
  }

  /// The error as the end of a clause that has named the cause; empty if that was all.
  private func ending(_ error: String?, after cause: String = "") -> String {
    guard let error, error != cause else { return "" }
    return error.hasPrefix("\(cause): ") ? String(error.dropFirst(cause.count)) : ": \(error)"
  }

  private func running(_ id: ServiceID, at now: Instant, _ errors: ServiceErrors) -> String {
    let view = self[id]
    let name = graph[id].name
    let span = (now - view.enteredAt).ago
    if view.isStopDue { return "\(name) is about to stop and waits for its dependents to end" }
    let reliance = view.lost.isEmpty ? nil : "it relies on \(goals(view.lost) { condition, _ in "to \(condition.goal)" })"
    let unrest = repeats(of: id, errors).map { "it was \($0)" }
    let doubts = [reliance, unrest].compactMap(\.self).joined(separator: ", and ")
    switch view.health {
    case .healthy where graph[id].check == nil:
      return "\(name) has been running for \(span), without a check" + (doubts.isEmpty ? "" : "; \(doubts)")
    case .healthy: return "\(name) has been running for \(span) and is healthy" + (doubts.isEmpty ? "" : ", but \(doubts)")
    case .unknown: return "\(name) has been running for \(span), without a check result yet" + (doubts.isEmpty ? "" : "; \(doubts)")
    case .degraded, .unhealthy:
      let failures = view.consecutiveFailures
      let count =
        failures == 0 ? Self.proving : "the last \(failures == 1 ? "check" : "\(failures) checks") failed"
      let complaint = reliance.map { ", and \($0)" } ?? (failures == 0 ? "" : ending(errors.failedCheck))
      let loop = failures == 0 ? unrest.map { "; \($0)" } ?? "" : ""
      return "\(name) is running and \(view.health.rawValue): \(count)\(complaint)\(loop)"
    }
  }

  /// "database to be healthy and cache to be running"
  /// - Parameter words: The words for a condition, and whether they are about several services.
  private func goals(_ blockers: [Blocker], _ words: (Dependency.Condition, Bool) -> String) -> String {
    graph.words(for: blockers).compactMap { blocker in
      guard case .required(let condition) = blocker.reason else { return nil }
      return "\(blocker.names) \(words(condition, blocker.isPlural))"
    }.joined(separator: " and ")
  }

  private func wait(_ blocker: DependencyGraph.BlockerWords) -> String {
    let name = blocker.names
    switch blocker.reason {
    case .required(let condition): return "\(name) to \(condition.goal)"
    case .optional(let condition): return "\(name) to \(condition.goal) (30 s at most)"
    case .barrier: return "\(name) in a lower layer to settle"
    }
  }

  /// The restarts that count towards the limit, in the words of every interface: "2 of 3 restarts used". A reload may have lowered the limit
  /// below them.
  private func used(_ id: ServiceID) -> String {
    let used = self[id].attempts
    guard let limit = graph[id].restart.maxAttempts, limit >= used else { return "\(used.restarts) used" }
    return "\(used) of \(limit.restarts) used"
  }

  /// Commands that may help with a root cause.
  private func advice(_ id: ServiceID) -> [String] {
    let name = graph[id].name
    switch self[id].status {
    case .failed: return ["stoker logs \(name)", "stoker start \(name)"]
    case .backoff: return ["stoker logs \(name)", "stoker start \(name)"]
    case .stopped: return ["stoker start \(name)"]
    case .running where self[id].health == .healthy: return []
    case .running, .starting, .stopping:
      let look = graph[id].kind == .external ? [] : ["stoker logs \(name)"]
      return graph[id].check == nil ? look : look + ["stoker health --now \(name)"]
    case .waiting, .completed: return []
    }
  }
}

extension Dependency.Condition {
  fileprivate var goal: String {
    switch self {
    case .started: "be running"
    case .ready: "be ready"
    case .healthy: "be healthy"
    case .completed: "complete"
    case .ended: "end"
    }
  }

  /// `state` of several services.
  fileprivate var states: String {
    switch self {
    case .started: "are running"
    case .ready: "are ready"
    case .healthy: "are healthy"
    case .completed: "have completed"
    case .ended: "have ended"
    }
  }

  fileprivate var state: String {
    switch self {
    case .started: "is running"
    case .ready: "is ready"
    case .healthy: "is healthy"
    case .completed: "has completed"
    case .ended: "has ended"
    }
  }
}

extension Int {
  /// "1 restart", "3 restarts".
  fileprivate var restarts: String { "\(self) \(self == 1 ? "restart" : "restarts")" }
}

extension Duration {
  /// "12 s", "3 min", "2 h", "5 d": the largest unit that fits, rounded down.
  fileprivate var ago: String {
    let seconds = max(0, components.seconds)
    switch seconds {
    case ..<60: return "\(seconds) s"
    case ..<3600: return "\(seconds / 60) min"
    case ..<86400: return "\(seconds / 3600) h"
    default: return "\(seconds / 86400) d"
    }
  }

  /// "2 s", "250 ms": `ago`, but a part of a second in milliseconds.
  package var rough: String { components.seconds == 0 ? "\(components.attoseconds / 1_000_000_000_000_000) ms" : ago }

  /// A time in the future, rounded up to whole seconds: "2 s", "1 min 57 s", "1 h 58 min".
  package var span: String {
    let (seconds, attoseconds) = components
    return Self.units(of: max(0, seconds) + (attoseconds > 0 ? 1 : 0), names: ("d", "h", "min", "s"), gap: " ")
  }

  /// Whole seconds in their two largest units, of which one that is 0 is left out. Negative counts as 0.
  /// - Parameters:
  ///   - names: The units, from days to seconds.
  ///   - gap: The text between a number and its unit.
  package static func units(of seconds: Int64, names: (String, String, String, String), gap: String) -> String {
    let whole = max(0, seconds)
    let parts = [(whole / 86_400, names.0), (whole / 3600 % 24, names.1), (whole / 60 % 60, names.2), (whole % 60, names.3)]
    guard let first = parts.firstIndex(where: { $0.0 > 0 }) else { return "0\(gap)\(names.3)" }
    return parts[first...].prefix(2).filter { $0.0 > 0 }.map { "\($0.0)\(gap)\($0.1)" }.joined(separator: " ")
  }
}
