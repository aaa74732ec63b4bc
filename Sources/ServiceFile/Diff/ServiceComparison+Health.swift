// Two checks of one service: the new one takes the old one's place, without a restart.
import Orchestration

extension ServiceComparison {
  mutating func compareHealth() {
    switch (old.check, new.check) {
    case (nil, nil): break
    case (nil, _), (_, nil): note("health", .update)
    case (.http(let before), .http(let after)): compareHTTP(before, after)
    case (.tcp(let before), .tcp(let after)):
      compareValue("health.tcp.address", .update, before.address, after.address)
      compareValue("health.tcp.send", .update, before.send, after.send)
      compareValue("health.tcp.expect", .update, before.expect, after.expect)
    case (.exec(let before), .exec(let after)): compareExec(before, after)
    case (.file(let before), .file(let after)):
      compareValue("health.file.path", .update, before.path, after.path)
      compareValue("health.file.max_age", .update, before.maxAge, after.maxAge)
    case (.heartbeat, .heartbeat): break
    case (let before?, let after?):
      note("health.\(before.key)", .update)
      note("health.\(after.key)", .update)
    }
    if let before = old.spec.check, let after = new.spec.check { compareSchedule(before, after) }
  }

  /// Whether an exec check runs in another directory or environment because its service does.
  var isRunElsewhere: Bool {
    guard case .exec(let before) = old.check, case .exec(let after) = new.check else { return false }
    return before.directory != after.directory || old.environmentFiles != new.environmentFiles
      || old.inheritsEnvironment != new.inheritsEnvironment
      || Self.byName(old.environment) != Self.byName(new.environment)
  }

  private mutating func compareHTTP(_ before: HTTPCheck, _ after: HTTPCheck) {
    compareValue("health.http.url", .update, before.url, after.url)
    compareValue("health.http.method", .update, before.method, after.method)
    compareValue("health.http.status", .update, before.statuses, after.statuses)
    compareValue("health.http.body", .update, before.bodyPattern, after.bodyPattern)
    compareNamedValues("health.http.headers", before.headers, after.headers)
    compareValue("health.http.follow_redirects", .update, before.followRedirects, after.followRedirects)
  }

  private mutating func compareExec(_ before: ExecCheck, _ after: ExecCheck) {
    compareValue("health.exec.command", .update, before.command, after.command)
    // A check without a directory of its own runs in the directory of its service.
    let follows = before.directory == old.directory && after.directory == new.directory
    if !follows { compareValue("health.exec.directory", .update, before.directory, after.directory) }
    compareNamedValues("health.exec.environment", before.environment, after.environment)
  }

  private mutating func compareSchedule(_ before: CheckPolicy, _ after: CheckPolicy) {
    compareValue("health.interval", .update, before.interval, after.interval)
    compareValue("health.timeout", .update, before.timeout, after.timeout)
    compareValue("health.failure_threshold", .update, before.failureThreshold, after.failureThreshold)
    compareValue("health.recovery_threshold", .update, before.recoveryThreshold, after.recoveryThreshold)
    compareValue("health.start_period", .update, before.startPeriod, after.startPeriod)
    compareValue("health.start_interval", .update, before.startInterval, after.startInterval)
    compareValue("health.auto_recovery", .update, before.autoRecovery, after.autoRecovery)
  }

  private mutating func compareNamedValues(_ key: String, _ before: [NamedValue], _ after: [NamedValue]) {
    for name in ServiceFileDiff.differingNames(Self.byName(before), Self.byName(after)) { note("\(key).\(name)", .update) }
  }
}

extension CheckTarget {
  /// The check's key under `health`.
  fileprivate var key: String {
    switch self {
    case .http: "http"
    case .tcp: "tcp"
    case .exec: "exec"
    case .file: "file"
    case .heartbeat: "heartbeat"
    }
  }
}
