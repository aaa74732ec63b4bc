// All that a page is made of, and the making of it.
import Synchronization

/// Instruments and collectors in the order of a page. Registering and rendering may happen on any threads at once: a page is made of
/// what was registered when it began, and no lock is held while it is made.
public final class Registry: Sendable {
  /// One writer of a part of the page.
  private enum Entry: Sendable {
    case instrument(Family, write: @Sendable (inout TextEncoder) -> Void)
    case collector(any Collector)
  }

  private struct State {
    var entries: [Entry] = []
    /// Sample names of the registered instruments: no collector may write them.
    var names: Set<String> = []
    var errors: [String: UInt64] = [:]
  }

  private let state = Mutex(State())
  /// Bytes of the largest whole page so far: the next one begins with room for as much.
  private let largestPage = Atomic<Int>(0)
  private let onError: @Sendable (_ collector: String, _ error: any Error) -> Void

  /// An empty registry.
  public convenience init() {
    self.init(onError: { _, _ in })
  }

  /// An empty registry that reports each error of a collector, on the thread that renders: what it threw, or ``DuplicateFamily``.
  public init(onError: @escaping @Sendable (_ collector: String, _ error: any Error) -> Void) {
    self.onError = onError
  }

  /// Puts an instrument on the page, as the one series of its family. A family of another type, or one whose name
  /// another instrument has, stops the program with a message.
  public func register<I: Instrument>(_ instrument: I, as family: Family, labels: Labels = .none) {
    register(family, of: I.metricType) { instrument.write(labels, into: &$0) }
  }

  /// Puts a family's labelled instruments on the page, under the same rules.
  public func register<Child: Instrument>(_ labelled: Labelled<Child>, as family: Family) {
    register(family, of: Child.metricType) { labelled.write(into: &$0) }
  }

  /// Puts what a collector writes on the page. A second collector of one name stops the program with a message.
  public func register(_ collector: any Collector) {
    let name = collector.name
    let isNew = state.withLock { state in
      guard state.errors.updateValue(0, forKey: name) == nil else { return false }
      state.entries.append(.collector(collector))
      return true
    }
    if !isNew { fatalError("a collector '\(name)' is registered already") }
  }

  /// For each collector, the pages on which it failed, wholly or in part; 0 from its registration on.
  public var collectorErrors: [String: UInt64] { state.withLock { $0.errors } }

  /// Makes a page of everything registered, in the order of registration.
  ///
  /// A collector that throws leaves nothing on the page; a family of a collector that is an instrument's too or was there before
  /// is left out; both are counted and the rest is served.
  /// - Parameter names: the families to keep (`?name[]=`); nil or none keeps all.
  public func render(names: Set<String>? = nil) -> Exposition {
    let wanted = names.flatMap { $0.isEmpty ? nil : $0 }
    let room = wanted == nil ? largestPage.load(ordering: .relaxed) : 0
    let (entries, reserved) = state.withLock { ($0.entries, $0.names) }
    var encoder = TextEncoder(reserving: room + room / 8, wanted: wanted, reserved: reserved)
    for entry in entries {
      switch entry {
      case .instrument(let family, let write):
        encoder.beginReserved(family)
        write(&encoder)
      case .collector(let collector):
        collect(collector, into: &encoder)
      }
      encoder.close()
    }
    if wanted == nil { largestPage.max(encoder.bytes.count, ordering: .relaxed) }
    return Exposition(bytes: encoder.bytes, series: encoder.series, families: encoder.families)
  }

  private func register(_ family: Family, of type: MetricType, write: @escaping @Sendable (inout TextEncoder) -> Void) {
    if family.type != type { fatalError("'\(family.name)' is a \(family.type) but was given a \(type)") }
    let names = family.sampleNames
    let isNew = state.withLock { state in
      guard state.names.isDisjoint(with: names) else { return false }
      state.names.formUnion(names)
      state.entries.append(.instrument(family, write: write))
      return true
    }
    if !isNew { fatalError("a metric '\(family.name)', or one whose samples bear that name, is registered already") }
  }

  private func collect(_ collector: any Collector, into encoder: inout TextEncoder) {
    let name = collector.name
    let mark = encoder.mark
    var errors: [any Error] = []
    do {
      try collector.collect(into: &encoder)
    } catch {
      encoder.goBack(to: mark)
      errors.append(error)
    }
    errors += encoder.takeDuplicates().map { DuplicateFamily(family: $0, collector: name) }
    guard !errors.isEmpty else { return }
    state.withLock { $0.errors[name, default: 0] += 1 }
    for error in errors { onError(name, error) }
  }
}
