// Runs in-process services as tasks: spawn is a task, a signal is a request, a kill is a cancellation (rule 29).

import Orchestration

/// The in-process runs that are alive.
struct TaskDriver {
  private struct Run {
    var context: ServiceContext
    var task: Task<Void, Never>
  }

  private let mailbox: Mailbox
  private var runs: [ServiceID: Run] = [:]

  init(mailbox: Mailbox) {
    self.mailbox = mailbox
  }

  mutating func spawn(_ id: ServiceID, run: UInt64, _ body: @escaping @Sendable (ServiceContext) async throws -> Void) {
    let context = ServiceContext(run: run)
    // Before the task is there: a short one could otherwise tell of its end first.
    mailbox.post(.task(.spawned(id, run: run), error: nil))
    let task = Task { [mailbox] in
      var failure: String?
      do {
        try await body(context)
      } catch is CancellationError where context.isStopRequested {
        // Cancelled at the deadline of its stop: the end that was asked for.
      } catch {
        failure = "\(error)"
      }
      mailbox.post(.task(.exited(id, run: run, .code(failure == nil ? 0 : 1), isEmpty: true), error: failure))
    }
    runs[id] = Run(context: context, task: task)
  }

  /// Asks the run to end.
  func requestStop(_ id: ServiceID, run: UInt64) {
    guard let present = runs[id], present.context.run == run else { return }
    present.context.requestStop()
  }

  /// Cancels the run's task.
  func cancel(_ id: ServiceID, run: UInt64) {
    guard let present = runs[id], present.context.run == run else { return }
    present.context.requestStop()
    present.task.cancel()
  }

  mutating func ended(_ id: ServiceID, run: UInt64) {
    guard runs[id]?.context.run == run else { return }
    runs[id] = nil
  }
}
