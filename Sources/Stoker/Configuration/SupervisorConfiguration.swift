// What a supervisor is made from: a service file, services of the embedding program, or both.

import Glibc
import HTTPServer
import Orchestration
import Processes
import ServiceFile

/// Everything that a supervisor needs to know before it starts.
public struct SupervisorConfiguration: Sendable {
  /// The node's name, shown by the API and on the page.
  public var name: String
  /// Where HTTP is answered; `stoker.sock` in the state directory comes on top.
  public var listeners: [ListenAddress]
  /// Further names that the Host header may carry (rule 35).
  public var allowedHosts: [String]
  /// From where things may be changed (rule 34).
  public var control: ControlScope
  /// Groups of families left out of `/metrics`.
  package var excludedMetrics: Set<MetricsGroup>
  /// Whether OpenMetrics has a `_created` sample for each counter and histogram, which Prometheus keeps as a series of its own.
  public var createdSamples: Bool
  /// Where the lock, the runtime record, logs and the control socket live; nil: none of them, logs stay in memory.
  public var stateDirectory: String?
  /// `NAME=value`, what processes inherit.
  package var environment: [String]
  /// The descriptor limit that is handed back to processes, where this program has raised its own (rule 32).
  package var descriptorLimit: DescriptorLimit?
  /// Whether the process is Stoker's alone. Then each service gets a control group of its own, where they can be had, for which this process
  /// is moved into a leaf; and memory that only the start has needed is given back.
  package var ownsProcess = false
  /// The service file.
  var file: ServiceFile?
  /// Reads it again, for a reload; nil: there is none.
  var read: (@Sendable () throws -> ServiceFile)?
  /// Told when another service file is in place. Called on the supervisor's thread: it must not block.
  package var didReload: (@Sendable (ServiceFile) -> Void)?
  /// Services of this program.
  var inProcess: [InProcessService]

  /// What a service file says; `stateDirectory` is for the caller to find (`ServiceFile.defaultStateDirectory`).
  /// - Parameter read: Reads the file again, for a reload. It is called on a thread that may wait.
  package init(
    file: ServiceFile, stateDirectory: String, inProcess: [InProcessService] = [], read: (@Sendable () throws -> ServiceFile)? = nil
  ) throws(ListenAddressError) {
    let section = file.supervisor
    name = file.nodeName
    listeners = []
    for line in section.listen { listeners.append(try ListenAddress(parsing: line)) }
    allowedHosts = section.allowedHosts
    control = section.control == .socket ? .socket : .loopback
    excludedMetrics = section.excludedMetrics
    createdSamples = section.createdSamples
    self.stateDirectory = stateDirectory
    environment = Self.inheritedEnvironment
    self.file = file
    self.read = read
    self.inProcess = inProcess
  }

  /// Services of this program alone.
  /// - Parameter listeners: Where API and metrics are served; empty: nowhere.
  public init(name: String? = nil, services: [InProcessService], listeners: [ListenAddress] = []) {
    self.name = name ?? ServiceFile.defaultNodeName()
    self.listeners = listeners
    allowedHosts = []
    control = .loopback
    excludedMetrics = []
    createdSamples = false
    environment = Self.inheritedEnvironment
    inProcess = services
  }

  /// Marks the processes of this state directory in their environment, so that a successor recognises them.
  var mark: String {
    (stateDirectory ?? "none-\(getpid())").replacing("%", with: "%25").replacing(":", with: "%3A")
  }

  /// The variables of this process as it was started.
  private static var inheritedEnvironment: [String] {
    var variables: [String] = []
    var next = environ
    while let variable = next.pointee {
      variables.append(String(cString: variable))
      next += 1
    }
    return variables
  }
}
