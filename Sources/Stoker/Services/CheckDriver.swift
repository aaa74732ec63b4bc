// Runs the checks that the core asks for: one task each, cancelled when the core no longer wants the answer.

import Orchestration
import Probes

/// The checks that are under way.
struct CheckDriver {
  private let prober: Prober
  private let mailbox: Mailbox
  private var tasks: [UInt64: Task<Void, Never>] = [:]

  init(prober: Prober, mailbox: Mailbox) {
    self.prober = prober
    self.mailbox = mailbox
  }

  mutating func start(_ id: ServiceID, check: UInt64, of kind: Service.Check, timeout: Duration) {
    switch kind {
    case .probe(let probe):
      tasks[check] = Task { [prober, mailbox] in
        mailbox.post(.checked(id, check: check, await prober.run(probe, timeout: timeout)))
      }
    case .function(let function):
      tasks[check] = Task { [mailbox] in
        mailbox.post(.checked(id, check: check, await Self.run(function, timeout: timeout)))
      }
    case .heartbeat:
      assertionFailure("the core answers heartbeat checks itself")
    }
  }

  mutating func cancel(_ check: UInt64) {
    tasks.removeValue(forKey: check)?.cancel()
  }

  mutating func finished(_ check: UInt64) {
    tasks[check] = nil
  }

  mutating func cancelAll() {
    for task in tasks.values { task.cancel() }
    tasks = [:]
  }

  /// A health function under a time limit that holds even if the function ignores its cancellation: whoever answers first is heard.
  private static func run(_ function: @escaping @Sendable () async throws -> HealthReport, timeout: Duration) async -> Outcome {
    let clock = SuspendingClock()
    let start = clock.now
    let (answers, answer) = AsyncStream<Outcome>.makeStream(bufferingPolicy: .bufferingOldest(1))
    let work = Task {
      do {
        let report = try await function()
        answer.yield(
          Outcome(
            passed: true, message: report.message, responseTime: clock.now - start, details: report.details.map { $0.render() }))
      } catch {
        answer.yield(Outcome(passed: false, message: "\(error)", responseTime: clock.now - start, details: nil))
      }
    }
    let limit = Task {
      try await Task.sleep(for: timeout, clock: clock)
      answer.yield(Outcome(passed: false, message: "no answer within \(timeout.text)", responseTime: timeout, details: nil))
    }
    defer {
      work.cancel()
      limit.cancel()
    }
    for await outcome in answers { return outcome }
    return Outcome(passed: false, message: "cancelled", responseTime: clock.now - start, details: nil)
  }
}
