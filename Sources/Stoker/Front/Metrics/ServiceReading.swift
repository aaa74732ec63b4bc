// The services as one collection reads them.

import Exposition
import Orchestration
import Processes
import ServiceLogs

/// The data of one collection, all of it read at its start.
final class ServiceReadings: Sendable {
  let services: [Service]
  /// Counts the service files: another number means other services.
  let generation: Int
  let clock: SupervisorClock
  let now: Instant
  fileprivate let views: [ServiceView]
  fileprivate let supervisor: any SupervisorQueries
  fileprivate let usages: [ServiceUsage]
  fileprivate let layers: [Int]
  fileprivate let starts: [SIMD4<Double>]

  init(_ supervisor: any SupervisorQueries) {
    let (published, moment) = supervisor.readWithTime()
    services = published.services
    generation = published.generation
    clock = supervisor.clock
    self.supervisor = supervisor
    views = published.snapshot.services
    now = moment
    usages = services.map(\.usage.total)
    layers = published.graph.layers
    let wallTime = Timestamp.now
    starts = services.map { $0.starts.seconds(at: wallTime) }
  }

  subscript(_ index: Int) -> ServiceReading { ServiceReading(all: self, index: index) }
}

/// One service as a collection reads it: the data from which the per-service families are computed.
struct ServiceReading {
  fileprivate let all: ServiceReadings
  fileprivate let index: Int

  var service: Service { all.services[index] }
  var view: ServiceView { all.views[index] }
  var log: ServiceLog? { service.log }
  var usage: ServiceUsage { all.usages[index] }
  var layer: Int { all.layers[index] }
  var memoryLimit: UInt64? { all.supervisor.memoryLimit(of: service) }
  var now: Instant { all.now }

  /// When this kind of counts began at 0, in seconds since 1970.
  func start(_ kind: CountStarts.Kind) -> Double { all.starts[index][kind.rawValue] }

  /// Whether the process lives; an external service is up while it is not unhealthy (rule 28).
  var isUp: Bool {
    service.spec.kind == .external ? view.isReady && view.health != .unhealthy : view.isAlive
  }

  /// The uptime in a window; nil where there is none.
  func uptime(_ window: UptimeHistory.Window) -> UptimeHistory.Share? {
    view.values.uptime(window, of: service.spec, at: now)
  }

  /// Whether an edge to this service is met (rule 15).
  func meets(_ condition: Dependency.Condition) -> Bool {
    view.values.meets(condition, as: service.spec)
  }

  /// Seconds since 1970; 0 for never.
  func unixTime(_ instant: Instant?) -> Double {
    instant.map { all.clock.timestamp($0).seconds } ?? 0
  }

  /// Time spent in a state, the present stretch included.
  func seconds(in status: Status) -> Double {
    Double(view.timeInState[status]) / 1e9 + (view.status == status ? max(.zero, now - view.since).inSeconds : 0)
  }
}
