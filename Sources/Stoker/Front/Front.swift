// The HTTP side: API, metrics, event stream and status page, on one server.

import Addresses
import Exposition
import Glibc
import HTTPServer
import Linux
import Processes

/// Answers requests about one supervision.
final class Front: Sendable {
  private let supervisor: any SupervisorQueries
  private let metrics: MetricsPage
  private let server: HTTPServer

  /// - Parameter registry: The page of `/metrics`, which the embedding program may extend.
  init(_ supervisor: any SupervisorQueries, registry: Registry) {
    self.supervisor = supervisor
    metrics = MetricsPage(supervisor, registry: registry)
    server = HTTPServer(
      configuration: Self.serverConfiguration(supervisor), routes: API(supervisor, metrics: metrics).routes, observer: metrics.http)
    metrics.watch(server.gaugeReader)
  }

  /// Sentences about Unix sockets of root that a user could replace by his own.
  var warnings: [String] {
    guard geteuid() == 0 else { return [] }
    return supervisor.configuration.listeners.compactMap { address in
      guard case .unix(let path) = address, let folder = Directories.parent(of: path).flatMap({ try? OpenFolder($0) }) else { return nil }
      return folder.weakness.map { "listener \(address): \($0): another socket can be put in its place" }
    }
  }

  /// Binds the listeners. Returns their addresses.
  func start() async throws -> [ListenAddress] {
    metrics.start()
    return try await server.start()
  }

  /// Waits until subscribers have read the last events and lines, for at most 1 s, and ends the server.
  func stop() async {
    let gauges = server.gaugeReader
    let deadline = SuspendingClock.now + .seconds(1)
    while gauges().streams > 0, SuspendingClock.now < deadline { try? await Task.sleep(for: .milliseconds(5), clock: SuspendingClock()) }
    await server.stop()
  }

  /// Ends the threads of the metrics page.
  func shutdown() async {
    await metrics.shutdown()
  }

  private static func serverConfiguration(_ supervisor: any SupervisorQueries) -> ServerConfiguration {
    let configuration = supervisor.configuration
    var listeners = configuration.listeners
    if let directory = configuration.stateDirectory { listeners.append(.unix(path: "\(directory)/stoker.sock")) }
    var server = ServerConfiguration(listeners: listeners, allowedHosts: configuration.allowedHosts, control: configuration.control)
    server.maxConnections = min(server.maxConnections, DescriptorNeed(configuration).connectionsLeft)
    return server
  }
}
