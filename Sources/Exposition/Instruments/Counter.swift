// Counters.
import Synchronization

/// Counts events or amounts. Any number of threads may use one counter at once; an integer increment is one atomic
/// addition.
///
/// ```swift
/// let requests = Counter()
/// registry.register(requests, as: Family(name: "requests_total", type: .counter, help: "Requests answered."))
/// requests.increment()
/// ```
public final class Counter: Instrument {
  /// The type of families of counters.
  public static var metricType: MetricType { .counter }

  /// Integer and fractional amounts are kept apart, so that counting events never needs more than one addition.
  private let whole = Atomic<UInt64>(0)
  private let fraction = Atomic<Double>(0)
  private let latest = Mutex<Box<Exemplar>?>(nil)
  private let hasExemplar = Atomic<Bool>(false)

  /// A counter at 0.
  public init() {}

  /// The count so far.
  public var value: Double { Double(whole.load(ordering: .relaxed)) + fraction.load(ordering: .relaxed) }

  /// Counts `amount`.
  public func increment(by amount: UInt64 = 1) {
    whole.wrappingAdd(amount, ordering: .relaxed)
  }

  /// Counts `amount`, and keeps an exemplar of it until the next one.
  public func increment(by amount: UInt64 = 1, exemplar: Exemplar) {
    increment(by: amount)
    latest.withLock { $0 = Box(exemplar) }
    hasExemplar.store(true, ordering: .relaxed)
  }

  /// Counts `amount`, which may be fractional. A negative amount, or NaN, stops the program, since a counter never
  /// falls.
  public func add(_ amount: Double) {
    precondition(amount >= 0, "a counter cannot be raised by \(amount)")
    fraction.add(amount)
  }

  /// Writes the count as a sample of the page's current family.
  public func write(_ labels: Labels, to page: inout PageWriter) {
    page.sample(labels, value, exemplar: latest.withLock { $0 }?.value)
  }

  /// Writes the counts of many counters, each with its labels.
  public static func write(_ counters: [Counter], _ labels: [Labels], to page: inout PageWriter) {
    if counters.contains(where: { $0.hasExemplar.load(ordering: .relaxed) }) {
      for (counter, labels) in zip(counters, labels) { counter.write(labels, to: &page) }
    } else {
      page.samples(labels) { counters[$0].value }
    }
  }
}

/// A value behind a pointer, for a value that most owners do not have.
final class Box<Value: Sendable>: Sendable {
  let value: Value

  init(_ value: Value) {
    self.value = value
  }
}

extension Atomic where Value == Double {
  /// Adds an amount; safe for any number of threads at once.
  borrowing func add(_ amount: Double) {
    var seen = load(ordering: .relaxed)
    while true {
      let (exchanged, original) = weakCompareExchange(expected: seen, desired: seen + amount, ordering: .relaxed)
      if exchanged { return }
      seen = original
    }
  }
}
