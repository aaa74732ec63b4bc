// Why services cannot be supervised as they are.

/// The services of a configuration cannot be supervised as they are.
public enum SupervisorConfigurationError: Error, CustomStringConvertible {
  /// Two services have the same name.
  case duplicateName(String)
  /// A service depends on a name that is nobody's.
  case unknownDependency(service: String, dependency: String)
  /// The dependencies go round in a circle.
  case graph(String)
  /// A check cannot be made from what the service file says.
  case check(service: String, reason: String)

  /// One sentence for people.
  public var description: String {
    switch self {
    case .duplicateName(let name): "two services are called '\(name)'"
    case .unknownDependency(let service, let dependency): "service '\(service)' depends on '\(dependency)', which does not exist"
    case .graph(let reason): reason
    case .check(let service, let reason): "service '\(service)': \(reason)"
    }
  }
}
