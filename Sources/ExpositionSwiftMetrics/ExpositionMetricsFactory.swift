// The factory for `MetricsSystem.bootstrap`: swift-metrics on the exposition.
import CoreMetrics
import Exposition

/// A factory that puts the metrics of a program and its libraries, recorded through swift-metrics, on a registry's
/// page.
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
/// - **Names.** Characters that Prometheus does not allow become `_`: `my-lib/queue size` is `my_lib_queue_size`. A name
///   that begins with a digit gets a `_` in front, several `_` at the beginning become one, and a name without any letter
///   or digit is `unnamed`.
/// - **Names that are taken.** Labels with the same name and type share a family. If another type has the name, the later
///   family gets its type as a suffix: a meter `jobs` made after a counter `jobs` is `jobs_gauge`, a counter made after a
///   meter `jobs_counter_total`, a recorder `jobs_histogram`. The same holds for a meter or recorder whose name ends in
///   `_total`, `_bucket`, `_count`, `_sum` or `_created`, which are reserved. If that name is taken as well, the family is
///   not on the page until one of the two becomes free.
/// - **Names of the program.** Instruments that are registered directly keep their names, even if they are registered
///   later; the family here then takes another name, as above. The names of other collectors are known only when a page
///   is made: of two families with one name, the family of the collector that was registered first is on the page (this
///   one is registered when the factory is made), and the other is left out and counted as an error.
/// - **Dimensions** are labels, sorted by name, so their order has no meaning. `le` and `quantile` become `exported_le` and
///   `exported_quantile`. Among several dimensions with one name the first counts. An empty value is no label for
///   Prometheus, and is left out.
/// - **Many series.** Beyond `limit` combinations of dimensions in one family, new combinations share a series whose
///   values are `other`.
/// - **Amounts.** A counter ignores amounts that are negative, infinite or NaN, and so do the steps of a meter, as in
///   swift-metrics' own implementations. A recorder ignores infinities and NaN, which would make its sum useless.
///   A negative duration counts as 0.
///
/// `Counter.reset()` sets the series to 0, which Prometheus treats as a restart: `rate` and `increase` stay right.
///
/// `destroy()` removes a series from the page when it was called as often as the series was made. Later counts in a
/// removed series are lost, and a new one of the same name begins at 0. A family is removed with its last series. The
/// series that combinations beyond the limit share stays.
///
/// A registry can have one such factory: a second one stops the program with a message.
public struct ExpositionMetricsFactory: Sendable {
  /// The default bounds of a timer's buckets: a millisecond to ten seconds.
  public static let timerBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
  /// The default bounds of a recorder's buckets: powers of four, from 1 to 16 Mi, for numbers and for sizes.
  public static let recorderBounds = [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216] as [Double]

  /// The registry. The factory holds it, since the collector, which the registry holds, must not.
  private let registry: Registry
  private let collector: SwiftMetricsCollector
  private let timerBounds: @Sendable (_ label: String) -> [Double]
  private let recorderBounds: @Sendable (_ label: String) -> [Double]
  private let native: NativeBuckets?

  /// Makes a factory, and registers its collector under the name `swift-metrics`.
  ///
  /// ```swift
  /// ExpositionMetricsFactory(registry: registry, recorderBounds: { label in
  ///   label.hasSuffix("ratio") ? [0.1, 0.5, 0.9] : ExpositionMetricsFactory.recorderBounds
  /// })
  /// ```
  ///
  /// - Parameters:
  ///   - registry: The registry of the page.
  ///   - limit: The largest number of combinations of dimensions in one family, at least 1.
  ///   - timerBounds: Returns the upper bounds of the buckets for the timer with this label, in seconds. Called whenever a
  ///     timer is made; the first one of a family decides. Bounds are sorted, and bounds that are not finite are left out.
  ///   - recorderBounds: The same for recorders.
  ///   - native: Empty buckets of a native histogram, which all histograms have in addition; nil: none.
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
  /// A counter of integer amounts.
  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    counter(label, dimensions)
  }

  /// A counter of fractional amounts, the same one as ``makeCounter(label:dimensions:)`` makes.
  public func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
    counter(label, dimensions)
  }

  /// A gauge.
  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    gauge(label, dimensions)
  }

  /// A histogram. If it does not aggregate, a gauge of the last value, the same one as ``makeMeter(label:dimensions:)``
  /// makes.
  public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    guard aggregate else { return gauge(label, dimensions) }
    return histogram(.histogram(label), dimensions, bounds: recorderBounds(label))
  }

  /// A histogram in seconds, Prometheus' unit, independently of the unit that is preferred for display.
  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    histogram(.timer(label), dimensions, bounds: timerBounds(label))
  }

  /// Removes the counter from the page, unless it was made more often than destroyed.
  public func destroyCounter(_ handler: any CounterHandler) { collector.destroy(handler) }

  /// Removes the counter from the page, unless it was made more often than destroyed.
  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { collector.destroy(handler) }

  /// Removes the gauge from the page, unless it was made more often than destroyed.
  public func destroyMeter(_ handler: any MeterHandler) { collector.destroy(handler) }

  /// Removes the histogram or gauge from the page, unless it was made more often than destroyed.
  public func destroyRecorder(_ handler: any RecorderHandler) { collector.destroy(handler) }

  /// Removes the histogram from the page, unless it was made more often than destroyed.
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
