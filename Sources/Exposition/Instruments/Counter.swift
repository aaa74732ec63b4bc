// A number that only rises.
import Synchronization

/// Counts events, or amounts of something. Any number of threads may use one at once; a whole increment is one atomic addition.
///
/// ```swift
/// let requests = Counter()
/// registry.register(requests, as: Family(name: "requests_total", type: .counter, help: "Requests answered."))
/// requests.increment()
/// ```
public final class Counter: Instrument {
  /// The type of the families that hold it.
  public static var metricType: MetricType { .counter }

  /// Whole and fractional amounts are kept apart, so that counting events never needs more than one addition.
  private let whole = Atomic<UInt64>(0)
  private let fraction = Atomic<Double>(0)
  private let latest = Mutex<Box<Exemplar>?>(nil)
  private let hasExemplar = Atomic<Bool>(false)

  /// A counter at 0.
  public init() {}

  /// The count so far.
  public var value: Double { Double(whole.load(ordering: .relaxed)) + fraction.load(ordering: .relaxed) }

  /// Counts `amount` more.
  public func increment(by amount: UInt64 = 1) {
    whole.wrappingAdd(amount, ordering: .relaxed)
  }

  /// Counts `amount` more, and remembers the event that an exemplar points to.
  public func increment(by amount: UInt64 = 1, exemplar: Exemplar) {
    increment(by: amount)
    latest.withLock { $0 = Box(exemplar) }
    hasExemplar.store(true, ordering: .relaxed)
  }

  /// Counts `amount` more, which may be fractional. A negative one, or none (NaN), stops the program: a counter never falls.
  public func add(_ amount: Double) {
    precondition(amount >= 0, "a counter cannot be raised by \(amount)")
    fraction.add(amount)
  }

  /// Writes the count under the family that the page is at.
  public func write(_ labels: Labels, to page: inout PageWriter) {
    page.sample(labels, value, exemplar: latest.withLock { $0 }?.value)
  }

  /// Writes the counts of many.
  public static func write(_ counters: [Counter], _ labels: [Labels], to page: inout PageWriter) {
    if counters.contains(where: { $0.hasExemplar.load(ordering: .relaxed) }) {
      for (counter, labels) in zip(counters, labels) { counter.write(labels, to: &page) }
    } else {
      page.samples(labels) { counters[$0].value }
    }
  }
}

/// A value behind a pointer, for what most owners have none of.
final class Box<Value: Sendable>: Sendable {
  let value: Value

  init(_ value: Value) {
    self.value = value
  }
}

extension Atomic where Value == Double {
  /// Adds, however many do so at once.
  borrowing func add(_ amount: Double) {
    var seen = load(ordering: .relaxed)
    while true {
      let (exchanged, original) = weakCompareExchange(expected: seen, desired: seen + amount, ordering: .relaxed)
      if exchanged { return }
      seen = original
    }
  }
}
