// One service as a scrape reads it.

import Exposition
import Orchestration
import Processes

/// Everything that the per-service families are computed from.
struct ServiceReading {
  let service: Service
  let view: ServiceView
  let log: ServiceLog?
  let usage: ServiceUsage
  let layer: Int
  let clock: SupervisorClock
  let now: Instant

  /// The process lives; an external service is up while it is not unhealthy (rule 28).
  var isUp: Bool {
    service.spec.kind == .external ? view.isReady && view.health != .unhealthy : view.isAlive
  }

  /// Whether an edge to this service is met (rule 15).
  func meets(_ condition: Dependency.Condition) -> Bool {
    view.values.meets(condition, as: service.spec)
  }

  /// Seconds since 1970; 0 where it never happened.
  func unixTime(_ instant: Instant?) -> Double {
    instant.map { clock.timestamp($0).seconds } ?? 0
  }

  /// Time spent in a state, the present stretch included.
  func seconds(in status: Status) -> Double {
    Double(view.timeInState[status]) / 1e9 + (view.status == status ? (now - view.since).inSeconds : 0)
  }
}
