// Errors in a configuration.

/// An error in the services of a configuration.
public enum SupervisorConfigurationError: Error, CustomStringConvertible {
  /// Two services have the same name.
  case duplicateName(String)
  /// A service depends on a service that does not exist.
  case unknownDependency(service: String, dependency: String)
  /// `untilCompleted` names a service that does not exist.
  case unknownService(String)
  /// The dependencies form a circle.
  case graph(String)
  /// A check of the service file is invalid.
  case check(service: String, reason: String)

  /// One sentence for people.
  public var description: String {
    switch self {
    case .duplicateName(let name): "two services are called '\(name)'"
    case .unknownDependency(let service, let dependency): "service '\(service)' depends on '\(dependency)', which does not exist"
    case .unknownService(let name): "everything is to run until '\(name)' has completed, which does not exist"
    case .graph(let reason): reason
    case .check(let service, let reason): "service '\(service)': \(reason)"
    }
  }
}
