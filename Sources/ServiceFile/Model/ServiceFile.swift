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
  /// The files as they were just before they were read; nil for a text.
  package internal(set) var inputs: InputFiles?
  /// The service file, then the files that it includes.
  let sources: [SourceFile]
  /// The services that the command line chose for this run of Stoker; nil: the file alone says which start.
  package internal(set) var choice: RunChoice?
  /// The places of some keys, for each service.
  let places: [String: ServicePlaces]

  /// A service file made by a program: `services` must resolve their dependencies among themselves.
  package init(path: String, supervisor: SupervisorSection = SupervisorSection(), services: [ServiceDefinition]) throws(GraphError) {
    self.path = path
    self.supervisor = supervisor
    self.services = services
    graph = try DependencyGraph(services.map(\.spec))
    source = path
    sources = [SourceFile(shown: path, path: path)]
    places = [:]
  }

  init(
    path: String, supervisor: SupervisorSection, services: [ServiceDefinition], graph: DependencyGraph, sources: [SourceFile],
    places: [String: ServicePlaces]
  ) {
    self.path = path
    self.supervisor = supervisor
    self.services = services
    self.graph = graph
    source = sources.first?.shown ?? path
    self.sources = sources
    self.places = places
  }
}
