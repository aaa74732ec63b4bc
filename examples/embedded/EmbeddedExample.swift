// A program that supervises two services of its own: a worker, and a producer of its jobs. The API, the page and /metrics are those of any
// Stoker, and the program's swift-metrics are on the same metrics page.

import Addresses
import CoreMetrics
import ExpositionSwiftMetrics
import Glibc
import Logging
import Orchestration
import Stoker
import Synchronization

@main
struct EmbeddedExample {
  static func main() async throws {
    let queue = Queue()

    let worker = InProcessService(
      "worker", description: "takes jobs off the queue", restart: RestartPolicy(maxAttempts: nil),
      check: CheckPolicy(interval: .seconds(2)),
      health: { HealthReport("\(queue.done) jobs done", details: ["done": JSON(queue.done)]) },
      run: { context in
        while !context.isStopRequested {
          try queue.work()
          try await Task.sleep(for: .milliseconds(100))
        }
      })

    let feeder = InProcessService("feeder", description: "puts a job into the queue every second", dependsOn: ["worker"]) { context in
      while !context.isStopRequested {
        queue.add()
        try await Task.sleep(for: .seconds(1))
      }
    }

    var configuration = SupervisorConfiguration(name: "embedded", services: [worker, feeder])
    configuration.listeners = [.tcp(host: "127.0.0.1", port: 10111)]
    let supervisor = try Supervisor(configuration, logger: Logger(label: "example"))
    MetricsSystem.bootstrap(ExpositionMetricsFactory(registry: supervisor.metrics))

    // The library installs no signal handler: the program decides when to end. The signal is blocked here, for `sigwait`.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    let waiting = Task.detached { [signals] in
      var signals = signals
      var signal: Int32 = 0
      sigwait(&signals, &signal)
      supervisor.stop()
    }
    defer { waiting.cancel() }

    _ = try await supervisor.run { addresses in
      print("metrics at http://\(addresses[0])/metrics; end it with Ctrl-C")
    }
  }
}

/// The queue of jobs. Every hundredth job fails: the worker throws, and Stoker restarts it.
final class Queue: Sendable {
  private let state = Mutex((waiting: 0, done: 0))

  struct BadJob: Error {}

  var done: Int { state.withLock { $0.done } }

  func add() {
    state.withLock { $0.waiting += 1 }
    Counter(label: "jobs.added").increment()
  }

  func work() throws {
    try state.withLock { state in
      guard state.waiting > 0 else { return }
      state.waiting -= 1
      state.done += 1
      if state.done.isMultiple(of: 100) { throw BadJob() }
    }
  }
}
