// swift-metrics on the exposition: what a program hands to `MetricsSystem.bootstrap`.
import CoreMetrics
import Exposition

/// Puts everything that a program and its libraries record through swift-metrics on a registry's page.
///
/// ```swift
/// let registry = Registry()
/// MetricsSystem.bootstrap(ExpositionMetricsFactory(registry: registry))
/// Counter(label: "http.server.requests", dimensions: [("code", "200")]).increment()
/// // http_server_requests_total{code="200"} 1
/// ```
///
/// | made with swift-metrics | on the page |
/// |---|---|
/// | `Counter`, `FloatingPointCounter` | a counter, `_total` |
/// | `Meter`, `Gauge`, `Recorder(aggregate: false)` | a gauge |
/// | `Recorder` | a histogram |
/// | `Timer` | a histogram, `_seconds` |
///
/// No label and no dimension stops the program:
///
/// - **Names.** What Prometheus does not allow becomes `_`: `my-lib/queue size` is `my_lib_queue_size`. A digit at the beginning gets a `_` in
///   front, several `_` there become one, and what has no letter or digit at all is called `unnamed`.
/// - **Names that are taken.** Labels that lead to one name and one type share a family. When another type has the name, the later one gets its
///   type behind it: a meter `jobs` made after a counter `jobs` is `jobs_gauge`, a counter made after a meter `jobs_counter_total`, a recorder
///   `jobs_histogram`. So does a meter or recorder that ends in `_total`, `_bucket`, `_count`, `_sum` or `_created`, which belong to others.
///   If that name is taken as well, the family is not on the page until one of the two becomes free.
/// - **Names of the program.** Instruments registered directly keep their names, whenever they were registered; the family here moves aside
///   as above. What other collectors write is known only when a page is made: of two with one name, that of the collector registered first is on
///   the page (this one is registered when the factory is made), and the other is left out and counted as an error.
/// - **Dimensions** are labels, by name, so that their order does not matter. `le` and `quantile` become `exported_le` and `exported_quantile`; of
///   several with one name the first counts; an empty value is to Prometheus none, and left out.
/// - **Many series.** Beyond `limit` combinations of dimensions a label's new ones share a series whose values are `other`.
/// - **Amounts.** A counter ignores what is negative, infinite or not a number, and so do the steps of a meter, as in swift-metrics' own
///   implementations. A recorder ignores infinities and NaN, which would spoil its sum for good. A negative duration is 0.
///
/// `Counter.reset()` lets the series begin at 0 again, which Prometheus takes for a restart: `rate` and `increase` go on.
///
/// `destroy()` takes a series off the page once it was called as often as the series was made; what still holds it then counts for nobody, and
/// making it again begins at 0. A family goes with its last series. The series that stands for those beyond the limit stays.
///
/// One registry has one such factory: a second one stops the program with a message.
public struct ExpositionMetricsFactory: Sendable {
  /// The bounds of a timer's buckets where nothing else is said: a millisecond to ten seconds.
  public static let timerBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
  /// The bounds of a recorder's buckets where nothing else is said: powers of four, from 1 to 16 Mi, for numbers and sizes alike.
  public static let recorderBounds = [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216] as [Double]

  /// Held here because the collector, which the registry holds, must not hold it.
  private let registry: Registry
  private let collector: SwiftMetricsCollector
  private let timerBounds: @Sendable (_ label: String) -> [Double]
  private let recorderBounds: @Sendable (_ label: String) -> [Double]
  private let native: NativeBuckets?

  /// Registers a collector `swift-metrics` that writes what will be recorded.
  ///
  /// ```swift
  /// ExpositionMetricsFactory(registry: registry, recorderBounds: { label in
  ///   label.hasSuffix("ratio") ? [0.1, 0.5, 0.9] : ExpositionMetricsFactory.recorderBounds
  /// })
  /// ```
  ///
  /// - Parameters:
  ///   - registry: whose page it is.
  ///   - limit: the most combinations of dimensions that one family has, at least 1.
  ///   - timerBounds: upper bounds of the buckets of the timer with this label, in seconds. Asked whenever one is made; the first of a family decides.
  ///     Bounds are put in order, and those that are not finite left out.
  ///   - recorderBounds: the same for recorders.
  ///   - native: empty buckets of a native histogram, which all histograms have too; none where it is nil.
  public init(
    registry: Registry,
    limit: Int = 10_000,
    timerBounds: @escaping @Sendable (_ label: String) -> [Double] = { _ in Self.timerBounds },
    recorderBounds: @escaping @Sendable (_ label: String) -> [Double] = { _ in Self.recorderBounds },
    native: NativeBuckets? = NativeBuckets()
  ) {
    if limit < 1 { fatalError("a limit of \(limit) series leaves no room for any") }
    self.registry = registry
    self.timerBounds = timerBounds
    self.recorderBounds = recorderBounds
    self.native = native
    collector = SwiftMetricsCollector(registry: registry, limit: limit)
    registry.register(collector)
  }
}

extension ExpositionMetricsFactory: MetricsFactory {
  /// A counter, as whole or fractional amounts count it.
  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    counter(label, dimensions)
  }

  /// A counter, the same one as ``makeCounter(label:dimensions:)`` makes.
  public func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
    counter(label, dimensions)
  }

  /// A gauge.
  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    gauge(label, dimensions)
  }

  /// A histogram; a gauge of the last value if it does not aggregate, the same one as ``makeMeter(label:dimensions:)`` makes.
  public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    guard aggregate else { return gauge(label, dimensions) }
    return histogram(.histogram(label), dimensions, bounds: recorderBounds(label))
  }

  /// A histogram in seconds, whatever unit is preferred for display: Prometheus' is the second.
  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    histogram(.timer(label), dimensions, bounds: timerBounds(label))
  }

  /// Takes the counter off the page if nobody else made it.
  public func destroyCounter(_ handler: any CounterHandler) { collector.destroy(handler) }

  /// Takes the counter off the page if nobody else made it.
  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { collector.destroy(handler) }

  /// Takes the gauge off the page if nobody else made it.
  public func destroyMeter(_ handler: any MeterHandler) { collector.destroy(handler) }

  /// Takes the histogram or gauge off the page if nobody else made it.
  public func destroyRecorder(_ handler: any RecorderHandler) { collector.destroy(handler) }

  /// Takes the histogram off the page if nobody else made it.
  public func destroyTimer(_ handler: any TimerHandler) { collector.destroy(handler) }

  private func counter(_ label: String, _ dimensions: [(String, String)]) -> CounterSeries {
    collector.counter(.counter(label), Labels(dimensions: dimensions))
  }

  private func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeSeries {
    collector.gauge(.gauge(label), Labels(dimensions: dimensions))
  }

  private func histogram(_ name: FamilyName, _ dimensions: [(String, String)], bounds: [Double]) -> HistogramSeries {
    collector.histogram(name, Labels(dimensions: dimensions)) { [native] in HistogramSeries(bounds: bounds, native: native) }
  }
}
