// A service that has been read but not yet joined with the others.
import Orchestration

/// A service whose dependencies are still names.
struct ServiceDraft {
  var definition: ServiceDefinition
  var requests: [DependencyRequest] = []
  /// The place of its log's path; nil where the file names none.
  var logPathMark: Mark?
  /// The same for the path of its standard error.
  var errorPathMark: Mark?
  /// The places of its keys.
  var places = ServicePlaces()

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
  /// The instances that it needs, where a section has several (rule 89).
  var instances = Instances.all

  enum Instances: String, CaseIterable {
    case all, any
  }
}
