// The content of environment files, for a reload: a service is restarted if it would be given another one.

import Glibc
import Linux
import Orchestration
import ServiceFile

/// The content of an environment file that a run was given, or would be given now. It keeps no values, which may be secrets.
enum EnvironmentContent: Hashable, Sendable {
  /// A fingerprint of the variables that reach the process; other ones are replaced by `environment`.
  case variables(Int)
  /// A file cannot be used, or is a pipe.
  case unreadable

  init(_ values: [NamedValue], of definition: ServiceDefinition) {
    self.init(values, replacedBy: Set(definition.environment.map(\.name)))
  }

  init(_ values: [NamedValue], replacedBy own: Set<String>) {
    var last: [String: String] = [:]
    for value in values where !own.contains(value.name) { last[value.name] = value.value }
    self = .variables(last.hashValue)
  }
}

/// The environment files of a service as they are now.
struct EnvironmentReading: Sendable {
  let content: EnvironmentContent
  /// The time of its last change.
  let changedAt: Timestamp

  /// The readings by the service's name.
  static func all(_ states: [EnvironmentState]) -> [String: EnvironmentReading] {
    let readings = states.map { state in
      let content = state.isWhole ? state.variables.map { EnvironmentContent($0, of: state.service) } : nil
      let changedAt = state.readings.map { Self.changedAt($0.path) }.max() ?? Timestamp(nanoseconds: 0)
      return (state.service.spec.name, EnvironmentReading(content: content ?? .unreadable, changedAt: changedAt))
    }
    return Dictionary(readings, uniquingKeysWith: { first, _ in first })
  }

  private static func changedAt(_ path: String) -> Timestamp {
    var status = stat()
    guard stat(path, &status) == 0 else { return Timestamp(nanoseconds: 0) }
    // A copy keeps the time of its original, and a renamed file its own: the change of the entry counts too.
    return max(timestamp(status.st_mtim), timestamp(status.st_ctim))
  }

  /// Anybody who may write a file may set its time, also one that cannot be counted in nanoseconds.
  private static func timestamp(_ time: timespec) -> Timestamp {
    let seconds = min(max(0, Int64(time.tv_sec)), .max / 1_000_000_000 - 1)
    return Timestamp(nanoseconds: seconds * 1_000_000_000 + Int64(time.tv_nsec))
  }

  /// Whether a run that was given `given` would now be given something else. An adopted run was given something by another Stoker: then the
  /// file's age decides. A file that cannot be read now is no news, but a warning.
  func isNews(after given: EnvironmentContent?, startedAt: Timestamp?) -> Bool {
    guard content != .unreadable else { return false }
    guard let given else { return startedAt.map { changedAt > $0 } ?? false }
    return content != given
  }
}
