// A service file that has been read and has no faults.
import Linux
import Orchestration

/// Everything that one Stoker supervises (service-file.md).
package struct ServiceFile: Sendable {
  /// The file's path, absolute.
  package var path: String
  /// The supervisor's own settings.
  package var supervisor: SupervisorSection
  /// The services in the file's order; a service's position is its `ServiceID`.
  package var services: [ServiceDefinition]
  /// The dependencies between the services.
  package var graph: DependencyGraph
  /// The file's name as the user wrote it, for messages.
  let source: String
  /// The folder that the file was in; nil for a text.
  var folder: OpenFolder?
  /// The places of `user` and `group`, for each service that has one of them.
  let accountMarks: [String: AccountMarks]

  /// A service file made by a program: `services` must resolve their dependencies among themselves.
  package init(path: String, supervisor: SupervisorSection = SupervisorSection(), services: [ServiceDefinition]) throws(GraphError) {
    self.path = path
    self.supervisor = supervisor
    self.services = services
    graph = try DependencyGraph(services.map(\.spec))
    source = path
    accountMarks = [:]
  }

  init(
    path: String, supervisor: SupervisorSection, services: [ServiceDefinition], graph: DependencyGraph, source: String,
    accountMarks: [String: AccountMarks]
  ) {
    self.path = path
    self.supervisor = supervisor
    self.services = services
    self.graph = graph
    self.source = source
    self.accountMarks = accountMarks
  }
}
