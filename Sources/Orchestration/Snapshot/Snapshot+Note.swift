// The note beside a service: what every face shows of it in one short clause.

/// The world's own words about a service: the core keeps none.
package struct Testimony: Sendable {
  /// The last thing that went wrong, in one sentence.
  package var lastError: String?
  /// The message of the last check, if it failed.
  package var complaint: String?

  /// A testimony.
  package init(lastError: String? = nil, complaint: String? = nil) {
    self.lastError = lastError
    self.complaint = complaint
  }
}

extension Snapshot {
  /// The note beside a service, without times: "waits for web, because database failed: exited with code 1"; empty where all is well.
  /// - Parameters:
  ///   - causes: The root causes of this snapshot; they may be left out where the service does not wait.
  ///   - testimony: The world's words about a service.
  package func note(of id: ServiceID, _ causes: RootCauses?, testimony: (ServiceID) -> Testimony) -> String {
    let view = self[id]
    switch view.status {
    case .waiting:
      guard let causes, let lead = causes.lead(of: id) else { return "" }
      let root = causes[id]
      let state = state(of: root, testimony(root))
      return lead == root
        ? "waits for \(graph[root].name), which \(state)" : "waits for \(graph[lead].name), because \(graph[root].name) \(state)"
    case .backoff: return failure(of: id, testimony(id))
    case .failed: return (view.isLimitReached ? "gave up: " : "") + failure(of: id, testimony(id))
    case .running, .starting: return illness(of: id, testimony(id)) ?? ""
    case .stopped: return graph[id].isEnabled ? "" : "disabled"
    case .stopping, .completed: return ""
    }
  }

  /// The state of a root cause, as the end of a sentence that has named it.
  private func state(of id: ServiceID, _ testimony: Testimony) -> String {
    let view = self[id]
    switch view.status {
    case .failed: return "failed: \(failure(of: id, testimony))"
    case .backoff: return "is in back-off: \(failure(of: id, testimony))"
    case .running where view.health == .healthy: return "is running"
    case .running where view.health == .unknown: return "has no check result yet"
    case .running: return "is \(view.health.rawValue)" + (illness(of: id, testimony).map { ": \($0)" } ?? "")
    case .starting: return "is starting" + (illness(of: id, testimony).map { ": \($0)" } ?? "")
    case .stopped, .waiting, .stopping, .completed: return "is \(view.status.rawValue)"
    }
  }

  /// The reason why a service is degraded or unhealthy; nil where it is neither, or its process has not lived long enough to say.
  private func illness(of id: ServiceID, _ testimony: Testimony) -> String? {
    let view = self[id]
    guard view.health == .degraded || view.health == .unhealthy else { return nil }
    if let complaint = testimony.complaint { return complaint }
    // The failure was an earlier run's, or a better result has followed.
    return view.status == .running ? Self.proving : nil
  }

  /// The condition of an unhealthy service whose present run has not failed.
  static let proving = "it has not recovered from an earlier failure yet"

  private func failure(of id: ServiceID, _ testimony: Testimony) -> String {
    if let error = testimony.lastError { return error }
    return self[id].cause == .remembered ? "before this Stoker was started" : self[id].cause.text(in: graph)
  }
}
