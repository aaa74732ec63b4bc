// Events of the core: services that fall, wait for their back-off, and are started again.

import Orchestration

/// A core of a hundred services in ten chains; in each round one of them falls and comes back.
final class CoreBench {
  private var core: Orchestrator
  private var now = Instant(nanoseconds: 0)
  private var fallen = 0
  private var events = 0

  init() throws {
    let specs = (0..<100).map { index in
      let dependencies = index % 10 == 0 ? [] : [Dependency(ServiceID(index - 1), condition: .started)]
      return ServiceSpec(name: "s\(index)", dependencies: dependencies, restart: RestartPolicy(maxAttempts: nil, resetAfter: .seconds(1)))
    }
    core = Orchestrator(try DependencyGraph(specs), at: now)
    carryOut(core.perform(.boot, by: .program, at: now).1)
  }

  /// Allocations for each event.
  func measure(_ allocations: AllocationCounter) async throws -> Double {
    for _ in 0..<200 { fall() }
    let before = events
    let rounds = 100
    let each = await allocations.each(rounds) { fall() }
    return each / (Double(events - before) / Double(9 * rounds))
  }

  private func fall() {
    fallen = (fallen + 1) % 100
    let service = ServiceID(fallen)
    feed(.exited(service, run: core.view(service).values.run, .code(1), isEmpty: true))
    while let deadline = core.nextDeadline {
      now = max(now, deadline)
      feed(.wake)
    }
    _ = core.takeTouched()
  }

  private func feed(_ event: Event) {
    events += 1
    carryOut(core.handle(event, at: now))
  }

  /// Every process starts at once.
  private func carryOut(_ actions: [Action]) {
    for action in actions {
      if case .spawn(let service, let run) = action { feed(.spawned(service, run: run)) }
    }
  }
}
