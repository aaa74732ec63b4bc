// The collector for all metrics that are recorded through swift-metrics.
import Exposition
import Synchronization

/// Makes, finds, destroys and writes series.
///
/// One collector instead of families registered one by one, because a registered name cannot be released: a label of
/// some library would stop the program if the program itself registered that name later.
final class SwiftMetricsCollector: Collector {
  private struct State {
    var names: PageNames
    var counters = Shelf<CounterSeries>()
    var gauges = Shelf<GaugeSeries>()
    var histograms = Shelf<HistogramSeries>()
  }

  let name = "swift-metrics"
  private let limit: Int
  /// Under this lock the registry may be asked for its names; the registry never calls a collector while it holds its
  /// own lock.
  private let state: Mutex<State>

  init(registry: Registry, limit: Int) {
    self.limit = limit
    state = Mutex(State(names: PageNames(registry: registry)))
  }

  func counter(_ name: FamilyName, _ labels: Labels) -> CounterSeries {
    state.withLock { $0.counters.series(name, labels, limit: limit, names: &$0.names) { CounterSeries() } }
  }

  func gauge(_ name: FamilyName, _ labels: Labels) -> GaugeSeries {
    state.withLock { $0.gauges.series(name, labels, limit: limit, names: &$0.names) { GaugeSeries() } }
  }

  func histogram(_ name: FamilyName, _ labels: Labels, make: @escaping @Sendable () -> HistogramSeries) -> HistogramSeries {
    state.withLock { $0.histograms.series(name, labels, limit: limit, names: &$0.names, make: make) }
  }

  /// Ends one hold on a series; a handler of another factory is ignored.
  func destroy(_ handler: AnyObject) {
    state.withLock { state in
      switch handler {
      case let counter as CounterSeries: state.counters.destroy(counter, names: &state.names)
      case let gauge as GaugeSeries: state.gauges.destroy(gauge, names: &state.names)
      case let histogram as HistogramSeries: state.histograms.destroy(histogram, names: &state.names)
      default: break
      }
    }
  }

  func collect(into page: inout PageWriter) {
    let (counters, gauges, histograms) = state.withLock { state in
      (
        state.counters.named(names: &state.names), state.gauges.named(names: &state.names), state.histograms.named(names: &state.names)
      )
    }
    Self.write(counters, to: &page)
    Self.write(gauges, to: &page)
    Self.write(histograms, to: &page)
  }

  private static func write<Child>(_ families: [(Family, Labelled<Child>)], to page: inout PageWriter) {
    for (family, series) in families {
      page.begin(family)
      series.write(to: &page)
    }
  }
}
