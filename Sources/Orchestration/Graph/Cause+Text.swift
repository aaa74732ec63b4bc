// Causes as text.

extension Cause {
  /// The cause in a few words, for log lines and histories: "exited with code 1", "requested by api 127.0.0.1:4711".
  package func text(in graph: DependencyGraph) -> String {
    switch self {
    case .requested(.boot): "started with Stoker"
    case .requested(let origin): origin.request
    case .requestedFor(let id, let origin): "\(origin.request) for \(graph[id].name)"
    case .shutdown(let origin): "full stop, \(origin.request)"
    case .spawned: "its process was started"
    case .ready: "it reported that it is ready"
    case .adopted: "it kept running while Stoker was down"
    case .remembered: "as an earlier Stoker left it"
    case .exited(let exit, let remains): exit.text + (remains?.text ?? "")
    case .startFailed(.spawn): "its process could not be started"
    case .startFailed(.hook): "its pre-start hook failed"
    case .startFailed(.ready): "it ended before it was ready"
    case .startTimedOut(.hook): "its pre-start hook did not end in time"
    case .startTimedOut(.spawn), .startTimedOut(.ready): "it was not ready in time"
    case .check(passed: true, let streak): streak > 1 ? "\(streak) checks in a row passed" : "a check passed"
    case .check(passed: false, let streak): streak > 1 ? "\(streak) checks in a row failed" : "a check failed"
    case .unhealthy: "too many checks failed"
    case .watchdog: "its watchdog received no notification in time"
    case .runtimeMax: "it ran for as long as 'runtime_max' allows"
    case .backoffElapsed: "its back-off is over"
    case .dependency(let id): "because of \(graph[id].name)"
    case .reloaded(let origin): "the service file was changed and reloaded, \(origin.request)"
    case .barrier: "lower layers come first"
    case .layersSettled: "the lower layers have settled"
    case .restartLimit: "its restarts are used up"
    case .killed: "it did not end in time and was killed"
    case .survived: "it survived SIGKILL"
    case .heartbeat: "as its heartbeat reports"
    case .sum: "from the states of the services"
    }
  }
}
