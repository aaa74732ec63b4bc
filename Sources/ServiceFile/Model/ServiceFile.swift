// A service file that has been read: nothing in it is wrong.
import Orchestration

/// Everything that one Stoker supervises (service-file.md).
package struct ServiceFile: Sendable {
  /// Where the file is, absolute.
  package var path: String
  /// The supervisor itself.
  package var supervisor: SupervisorSection
  /// The services in the file's order; a service's position is its `ServiceID`.
  package var services: [ServiceDefinition]
  /// The services' order.
  package var graph: DependencyGraph
  /// As the user named the file, for messages.
  let source: String
  /// Of each service that has a `user` or `group`.
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
