// A service that has been read but not yet joined with the others.
import Orchestration

/// A service whose dependencies are still names.
struct ServiceDraft {
  var definition: ServiceDefinition
  var requests: [DependencyRequest] = []
  /// The place of its log's path; nil where the file names none.
  var logPathMark: Mark?
  /// The places of `user` and `group`, its own or the defaults'.
  var userMark: Mark?
  var groupMark: Mark?

  var name: String { Spelling.shown(definition.spec.name) }
}

/// One entry of `depends_on`.
struct DependencyRequest {
  var name: String
  var mark: Mark
  /// The condition; nil: the default one, which depends on the dependency's own settings.
  var condition: Dependency.Condition?
  var conditionMark: Mark
  var isOptional = false
  var onRestart = Dependency.OnRestart.ignore
}
