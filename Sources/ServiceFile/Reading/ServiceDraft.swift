// A service that has been read but not yet joined with the others.
import Orchestration

/// A service whose dependencies are still names.
struct ServiceDraft {
  var definition: ServiceDefinition
  var requests: [DependencyRequest] = []
  /// Where the file names its log; nil where it does not.
  var logPathMark: Mark?
  /// Where `user` and `group` stand, its own or the defaults'.
  var userMark: Mark?
  var groupMark: Mark?

  var name: String { Spelling.shown(definition.spec.name) }
}

/// One line of `depends_on`.
struct DependencyRequest {
  var name: String
  var mark: Mark
  /// nil: the default one, which depends on what is depended on.
  var condition: Dependency.Condition?
  var conditionMark: Mark
  var isOptional = false
  var onRestart = Dependency.OnRestart.ignore
}
