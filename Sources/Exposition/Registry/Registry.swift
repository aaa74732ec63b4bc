// The registry: the instruments and collectors of a page, and its collection.
import Synchronization

/// A registry holds instruments, callbacks and collectors in the order of a page.
///
/// ```swift
/// let registry = Registry()
/// let requests = Counter()
/// registry.register(requests, as: Family(name: "requests_total", type: .counter, help: "Requests answered."))
/// print(registry.render().bytes)
/// ```
/// Any thread may register, collect and write at any time. A page has the entries that were registered when its
/// collection began. Writing a page waits for a collection that is under way, so ``Endpoint`` lets overlapping scrapes
/// share one.
public final class Registry: Sendable {
  /// One source of a part of the page.
  private enum Entry: Sendable {
    case instrument(Family, write: @Sendable (inout PageWriter) -> Void)
    case collector(any Collector)
  }

  private struct State {
    var entries: [Entry] = []
    /// The names of the registered instruments, which no collector may write.
    var names: Set<String> = []
    var errors: [String: UInt64] = [:]
  }

  private let state = Mutex(State())
  private let page: Mutex<Page>
  private let createdSamples: Bool
  private let onError: @Sendable (_ collector: String, _ error: any Error) -> Void

  /// An empty registry.
  ///
  /// - Parameters:
  ///   - since: The start time of its counters and histograms, in seconds since 1970, as protobuf and `_created` samples
  ///     show it. The default is now, and a later time becomes now.
  ///   - createdSamples: Whether OpenMetrics has `_created` samples. Prometheus keeps each as a series of its own, so
  ///     the default is no.
  ///   - onError: Called for each error of a collector, on the thread that collects: an error that it threw, or
  ///     ``DuplicateFamily``.
  public init(
    since: Double = UnixTime.now, createdSamples: Bool = false,
    onError: @escaping @Sendable (_ collector: String, _ error: any Error) -> Void = { _, _ in }
  ) {
    page = Mutex(Page(since: since))
    self.createdSamples = createdSamples
    self.onError = onError
  }

  // MARK: Registration

  /// Registers an instrument as the only series of its family. A family of another type, or with a name that another
  /// instrument has, stops the program with a message.
  public func register<I: Instrument>(_ instrument: I, as family: Family, labels: Labels = .none) {
    register(family, of: I.metricType) { instrument.write(labels, to: &$0) }
  }

  /// Registers labelled instruments as the series of a family, under the same rules.
  public func register<Child: Instrument>(_ labelled: Labelled<Child>, as family: Family) {
    register(family, of: Child.metricType) { labelled.write(to: &$0) }
  }

  /// Registers a callback that returns the value at each collection, under the same rules; nil leaves the series out.
  /// The family is a gauge, an info, or a counter of events that are counted elsewhere; a histogram stops the program
  /// with a message.
  ///
  /// ```swift
  /// registry.register(as: Family(name: "queue_length", type: .gauge, help: "Jobs that wait.")) { Double(queue.count) }
  /// ```
  public func register(as family: Family, labels: Labels = .none, value: @escaping @Sendable () -> Double?) {
    if family.type == .histogram { fatalError("'\(family.name)' is a histogram but was given a value") }
    register(family, of: family.type) { page in
      if let value = value() { page.sample(labels, value) }
    }
  }

  /// Registers a collector. A second collector with the same name stops the program with a message.
  public func register(_ collector: any Collector) {
    let name = collector.name
    let isNew = state.withLock { state in
      guard state.errors.updateValue(0, forKey: name) == nil else { return false }
      state.entries.append(.collector(collector))
      return true
    }
    if !isNew { fatalError("a collector '\(name)' is registered already") }
  }

  /// Whether the names of a family are free, so that registering it would not stop the program.
  public func isFree(_ family: Family) -> Bool {
    state.withLock { $0.names.isDisjoint(with: family.takenNames) }
  }

  /// For each collector, the number of collections in which it failed, wholly or in part; 0 from its registration on.
  public var collectorErrors: [String: UInt64] { state.withLock { $0.errors } }

  private func register(_ family: Family, of type: MetricType, write: @escaping @Sendable (inout PageWriter) -> Void) {
    if family.type != type { fatalError("'\(family.name)' is a \(family.type) but was given a \(type)") }
    let names = family.takenNames
    let isNew = state.withLock { state in
      guard state.names.isDisjoint(with: names) else { return false }
      state.names.formUnion(names)
      state.entries.append(.instrument(family, write: write))
      return true
    }
    if !isNew { fatalError("a metric '\(family.name)', or one whose samples bear that name, is registered already") }
  }

  // MARK: The page

  /// Updates the page with the current values of everything registered.
  ///
  /// The families of a collector that throws are left out. So is a family of a collector whose name an instrument has,
  /// or that is on the page already. Both are counted as errors, and the rest of the page is complete.
  public func collect() {
    page.withLock { page in
      let (entries, reserved) = state.withLock { ($0.entries, $0.names) }
      page.collect(reserved: reserved) { writer in
        for entry in entries {
          switch entry {
          case .instrument(let family, let write):
            writer.beginReserved(family)
            write(&writer)
          case .collector(let collector):
            collect(collector, into: &writer)
          }
          writer.close()
        }
      }
    }
  }

  /// Writes the page of the last collection.
  ///
  /// - Parameters:
  ///   - type: The format.
  ///   - names: The families to write (`?name[]=`), by the names of their samples in the text format; empty writes all.
  ///   - gzip: Whether the page is compressed.
  public func write(as type: MediaType = MediaType(.text), names: Set<String> = [], gzip: Bool = false) -> RenderedPage {
    page.withLock { page in
      let style = Style(
        format: type.format, escapesNames: type.escaping == .dots, createdSamples: createdSamples, since: page.since)
      return page.write(style, type, names: names.isEmpty ? nil : names, gzip: gzip)
    }
  }

  /// Collects, then writes the page. The parameters are those of ``write(as:names:gzip:)``.
  public func render(as type: MediaType = MediaType(.text), names: Set<String> = [], gzip: Bool = false) -> RenderedPage {
    collect()
    return write(as: type, names: names, gzip: gzip)
  }

  private func collect(_ collector: any Collector, into writer: inout PageWriter) {
    let name = collector.name
    let mark = writer.mark
    var errors: [any Error] = []
    do {
      try collector.collect(into: &writer)
    } catch {
      writer.goBack(to: mark)
      errors.append(error)
    }
    errors += writer.takeDuplicates().map { DuplicateFamily(family: $0, collector: name) }
    guard !errors.isEmpty else { return }
    state.withLock { $0.errors[name, default: 0] += 1 }
    for error in errors { onError(name, error) }
  }
}
