// Runs in-process services as tasks: spawn is a task, a signal is a request, a kill is a cancellation (rule 29).

import Orchestration

/// The live in-process runs.
struct TaskDriver {
  private struct Run {
    var context: ServiceContext
    var task: Task<Void, Never>
  }

  private let report: @Sendable (DriverEvent) -> Void
  private var runs: [String: Run] = [:]

  init(report: @escaping @Sendable (DriverEvent) -> Void) {
    self.report = report
  }

  mutating func spawn(_ service: String, run: UInt64, _ body: @escaping @Sendable (ServiceContext) async throws -> Void) {
    let context = ServiceContext(run: run)
    let task = Task { [report] in
      // Reported by the task itself: a task that still waits for a thread has not begun, and its dependents wait.
      report(.taskBegan(service, run: run))
      var failure: String?
      do {
        try await body(context)
      } catch is CancellationError where context.isStopRequested {
        // Cancelled at the deadline of its stop: the requested end.
      } catch {
        failure = "\(error)"
      }
      report(.taskEnded(service, run: run, error: failure))
    }
    runs[service] = Run(context: context, task: task)
  }

  /// Requests the end of the run.
  func requestStop(_ service: String, run: UInt64) {
    guard let present = runs[service], present.context.run == run else { return }
    present.context.requestStop()
  }

  /// Cancels the run's task.
  func cancel(_ service: String, run: UInt64) {
    guard let present = runs[service], present.context.run == run else { return }
    present.context.requestStop()
    present.task.cancel()
  }

  mutating func ended(_ service: String, run: UInt64) {
    guard runs[service]?.context.run == run else { return }
    runs[service] = nil
  }
}
