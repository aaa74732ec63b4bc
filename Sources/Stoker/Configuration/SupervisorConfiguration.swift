// The configuration of a supervisor: a service file, services of the embedding program, or both.

import Addresses
import Glibc
import Orchestration
import Processes
import ServiceFile

/// The configuration of a supervisor.
public struct SupervisorConfiguration: Sendable {
  /// The node's name, shown by the API and on the page.
  public var name: String
  /// The addresses of the HTTP server; `stoker.sock` in the state directory is added.
  public var listeners: [ListenAddress]
  /// Further names that are allowed in the Host header (rule 35).
  public var allowedHosts: [String]
  /// The callers that may change anything, and read the output of services (rule 34).
  public var control: ControlScope
  /// Groups of families left out of `/metrics`.
  package var excludedMetrics: Set<MetricsGroup>
  /// Whether OpenMetrics has a `_created` sample for each counter and histogram; Prometheus stores each as a series of its own.
  public var createdSamples: Bool
  /// The host in the targets of service discovery, an IPv6 address without brackets; nil: the one by which this program was reached.
  public var discoveryAddress: String?
  /// The bytes that entries which registered themselves may have together (rule 75); nil: 32 MiB.
  public var registrySize: Int?
  /// The conditions under which everything is stopped without a request (rule 90); none by default.
  public var exitWhen: Set<ExitCondition> = []
  /// The service with whose end, by completion or failure, everything is stopped; nil: none.
  public var untilCompleted: String?
  /// The directory of the lock, the runtime record, logs and the control socket; nil: none of them, logs stay in memory.
  public var stateDirectory: String?
  /// The variables that processes inherit.
  package var environment: [EnvironmentVariable]
  /// The descriptor limit that is restored for processes, if this program has raised its own (rule 32).
  package var descriptorLimit: DescriptorLimit?
  /// Whether the process is Stoker's alone. Then each service gets a control group of its own if they are available, for which this process
  /// moves into a leaf; and memory that only the start needed is given back.
  package var ownsProcess = false
  /// Whether root uses files and folders that everybody may write (rule 62).
  package var trustsFiles = false
  /// The service file.
  var file: ServiceFile?
  /// Reads the service file again, for a reload; nil: no reload.
  var read: (@Sendable () throws -> ServiceFile)?
  /// Called when another service file is in place, on the supervisor's thread: it must not block.
  package var didReload: (@Sendable (ServiceFile) -> Void)?
  /// Called when the full stop begins, whoever asked for it, on the supervisor's thread: it must not block.
  package var didBeginStop: (@Sendable (Origin) -> Void)?
  /// Services of this program.
  var inProcess: [InProcessService]

  /// The configuration of a service file; the caller chooses the `stateDirectory` (`ServiceFile.defaultStateDirectory`).
  /// - Parameter read: Reads the file again, for a reload. Called on a thread that may wait.
  package init(
    file: ServiceFile, stateDirectory: String, inProcess: [InProcessService] = [], read: (@Sendable () throws -> ServiceFile)? = nil
  ) {
    let section = file.supervisor
    name = file.nodeName
    listeners = section.listen
    allowedHosts = section.allowedHosts
    control = section.control ?? .standard()
    excludedMetrics = section.excludedMetrics
    createdSamples = section.createdSamples
    discoveryAddress = section.discoveryAddress
    registrySize = section.registrySize.map { Int(clamping: $0) }
    exitWhen = section.exitConditions
    untilCompleted = file.choice?.untilCompleted
    self.stateDirectory = stateDirectory
    environment = Self.inheritedEnvironment
    self.file = file
    self.read = read
    self.inProcess = inProcess
  }

  /// A configuration of this program's services alone.
  /// - Parameter listeners: The addresses of API and metrics; empty: none.
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

  /// The end of the whole, as it is asked for.
  var exits: ExitPolicy { ExitPolicy(exitWhen, untilCompleted: untilCompleted) }

  /// The mark of this state directory in the environment of its processes, by which a successor recognises them.
  var mark: String {
    (stateDirectory ?? "none-\(getpid())").replacing("%", with: "%25").replacing(":", with: "%3A")
  }

  /// The variables of this process as it was started.
  private static var inheritedEnvironment: [EnvironmentVariable] {
    var variables: [EnvironmentVariable] = []
    var next = environ
    while let variable = next.pointee {
      variables.append(EnvironmentVariable(UnsafeRawBufferPointer(start: variable, count: strlen(variable))))
      next += 1
    }
    return variables
  }
}
