// Runs the checks that the core asks for: one task each, cancelled when the core no longer wants the answer.

import Orchestration
import Probes

/// The checks that are under way.
struct CheckDriver {
  private let probers: [Prober]
  private let mailbox: Mailbox
  private var tasks: [UInt64: Task<Void, Never>] = [:]
  private var functions: [ServiceID: HealthFunction] = [:]

  init(probers: [Prober], mailbox: Mailbox) {
    self.probers = probers
    self.mailbox = mailbox
  }

  mutating func start(_ id: ServiceID, check: UInt64, of kind: Service.Check, timeout: Duration) {
    switch kind {
    case .probe(let probe):
      tasks[check] = Task { [prober = probers[id.index], mailbox] in
        mailbox.post(.checked(id, check: check, await prober.run(probe, timeout: timeout)))
      }
    case .function(let function):
      let health = functions[id] ?? HealthFunction(function)
      functions[id] = health
      tasks[check] = Task { [mailbox] in
        mailbox.post(.checked(id, check: check, await health.check(timeout: timeout)))
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
}
