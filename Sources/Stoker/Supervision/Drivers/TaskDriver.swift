// Runs in-process services as tasks: spawn is a task, a signal is a request, a kill is a cancellation (rule 29).

import Orchestration

/// The in-process runs that are alive.
struct TaskDriver {
  private struct Run {
    var context: ServiceContext
    var task: Task<Void, Never>
  }

  private let mailbox: Mailbox
  private var runs: [String: Run] = [:]

  init(mailbox: Mailbox) {
    self.mailbox = mailbox
  }

  mutating func spawn(_ service: String, run: UInt64, _ body: @escaping @Sendable (ServiceContext) async throws -> Void) {
    let context = ServiceContext(run: run)
    let task = Task { [mailbox] in
      // Said by the task itself: one that still waits for a thread has not begun, and those that depend on it wait.
      mailbox.post(.taskBegan(service, run: run))
      var failure: String?
      do {
        try await body(context)
      } catch is CancellationError where context.isStopRequested {
        // Cancelled at the deadline of its stop: the end that was asked for.
      } catch {
        failure = "\(error)"
      }
      mailbox.post(.taskEnded(service, run: run, error: failure))
    }
    runs[service] = Run(context: context, task: task)
  }

  /// Asks the run to end.
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
