// The note beside a service: what every face shows of it in one short clause.

/// The world's own words about a service: the core keeps none.
public struct Testimony: Sendable {
  /// The last thing that went wrong, in one sentence.
  public var lastError: String?
  /// The message of the last check, if it failed.
  public var complaint: String?

  /// A testimony.
  public init(lastError: String? = nil, complaint: String? = nil) {
    self.lastError = lastError
    self.complaint = complaint
  }
}

extension Snapshot {
  /// The note beside a service, without times: "waits for web, since database failed: exited with code 1"; empty where all is well.
  /// - Parameters:
  ///   - causes: The root causes of this snapshot; they may be left out where the service does not wait.
  ///   - testimony: The world's words about a service.
  public func note(of id: ServiceID, _ causes: RootCauses?, testimony: (ServiceID) -> Testimony) -> String {
    let view = self[id]
    switch view.status {
    case .waiting:
      guard let causes, let lead = causes.lead(of: id) else { return "" }
      let root = causes[id]
      let state = state(of: root, testimony(root))
      return lead == root
        ? "waits for \(graph[root].name), which \(state)" : "waits for \(graph[lead].name), since \(graph[root].name) \(state)"
    case .backoff: return failure(of: id, testimony(id))
    case .failed: return "given up: \(failure(of: id, testimony(id)))"
    case .running where view.health == .unhealthy || view.health == .degraded:
      let testimony = testimony(id)
      return testimony.complaint ?? (view.health == .unhealthy ? testimony.lastError : nil) ?? view.health.rawValue
    case .stopped: return graph[id].isEnabled ? "" : "disabled"
    case .running, .starting, .stopping, .completed: return ""
    }
  }

  /// The state of a root cause, as the end of a sentence that has named it.
  private func state(of id: ServiceID, _ testimony: Testimony) -> String {
    let view = self[id]
    switch view.status {
    case .failed: return "failed: \(failure(of: id, testimony))"
    case .backoff: return "is in back-off: \(failure(of: id, testimony))"
    case .running:
      switch view.health {
      case .healthy: return "is running"
      case .unknown: return "has no result of a check yet"
      case .degraded, .unhealthy: return "is \(view.health.rawValue)" + (testimony.complaint.map { ": \($0)" } ?? "")
      }
    case .stopped, .waiting, .starting, .stopping, .completed: return "is \(view.status.rawValue)"
    }
  }

  private func failure(of id: ServiceID, _ testimony: Testimony) -> String {
    testimony.lastError ?? self[id].cause.text(in: graph)
  }
}
