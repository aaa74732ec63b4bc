// A supervisor of in-process services on a port of its own, and helpers that read its state.

import Addresses
import HTTPServer
import Logging
import Orchestration
import Synchronization
import Testing

@testable import Stoker

/// Runs a supervisor around `body`, and stops it afterwards.
func withSupervisor(
  _ services: [InProcessService], body: (Supervisor, APIClient) async throws -> Void
) async throws -> StopReport {
  var configuration = SupervisorConfiguration(name: "test", services: services)
  configuration.listeners = [.tcp(host: "127.0.0.1", port: 0)]
  var logger = Logger(label: "test")
  logger.logLevel = .critical
  let supervisor = try Supervisor(configuration, logger: logger)
  let (addresses, address) = AsyncStream<String>.makeStream()
  async let report = supervisor.run { address.yield($0[0]) }
  var iterator = addresses.makeAsyncIterator()
  let bound = try #require(await iterator.next())
  do {
    while !supervisor.supervision.isBooted { try await Task.sleep(for: .milliseconds(1)) }
    try await body(supervisor, try APIClient(address: "http://\(bound)"))
  } catch {
    supervisor.stop()
    supervisor.killAll()
    throw error
  }
  supervisor.stop()
  return try await report
}

extension Supervisor {
  /// Waits until a service's view meets a condition, for at most 120 s.
  func until(_ name: String, _ wish: @Sendable @escaping (ServiceView) -> Bool, _ location: SourceLocation = #_sourceLocation) async throws
  {
    let id = try #require(supervision.read().graph.id(named: name))
    let deadline = SuspendingClock().now + .seconds(120)
    while !wish(supervision.read().snapshot[id]) {
      guard SuspendingClock().now < deadline else {
        Issue.record(
          "\(name) is \(supervision.read().snapshot[id].status) and \(supervision.read().snapshot[id].health)", sourceLocation: location)
        return
      }
      // Each turn asks the loop itself, so it waits until an input is handled.
      _ = await supervision.ask { $0.clock.now }
      try await Task.sleep(for: .milliseconds(1))
    }
  }
}

extension APIClient {
  func json(_ method: String, _ path: String, body: JSON? = nil) async throws -> (status: Int, json: JSON) {
    let answer = try await request(method, path, body: body)
    return (answer.status, try JSON(parsing: answer.body))
  }
}
