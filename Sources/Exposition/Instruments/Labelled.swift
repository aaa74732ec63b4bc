// Instruments of one family told apart by labels, made when they are first asked for.
import Synchronization

/// Counters by labels: `requests["/metrics", "GET", "200"].increment()`.
public typealias LabelledCounter = Labelled<Counter>
/// Gauges by labels.
public typealias LabelledGauge = Labelled<Gauge>
/// Histograms by labels, all with the same bounds.
public typealias LabelledHistogram = Labelled<Histogram>

/// A family's instruments, one for each combination of label values, found by subscript and kept for good.
///
/// To have a series on the page from the first scrape on, ask for it once: `_ = requests["/metrics", "GET", "200"]`.
///
/// Label values that come from outside could otherwise be as many as an attacker likes, so the number of children is bounded:
/// combinations beyond the limit share one child whose every label is `other`, and ``overflow`` counts how often that happened.
public final class Labelled<Child: Instrument>: Sendable {
  /// What label values are replaced by beyond the limit.
  public static var other: String { "other" }

  private struct State {
    var index: [[String]: Int] = [:]
    /// In the order of their making, so that a page's order stays the same from scrape to scrape.
    var children: [(labels: Labels, child: Child)] = []
    var overflow: UInt64 = 0
  }

  /// The labels' names, in the order in which values are given.
  public let names: [String]
  private let limit: Int
  private let make: @Sendable () -> Child
  private let state = Mutex(State())

  /// No children yet. A label name that is not legal or is given twice stops the program with a message.
  ///
  /// - Parameter limit: the most children there can be, at least 1, the shared one not counted.
  init(names: [String], limit: Int, make: @escaping @Sendable () -> Child) {
    if limit < 1 { fatalError("a limit of \(limit) children leaves no room for any") }
    _ = Labels(names.map { ($0, "") })
    self.names = names
    self.limit = limit
    self.make = make
  }

  /// The child for these label values, one for each name; made now if it is not there yet.
  public subscript(_ values: String...) -> Child {
    if values.count != names.count { fatalError("\(names.count) labels (\(names)) were given \(values.count) values") }
    return state.withLock { state in
      if let position = state.index[values] { return state.children[position].child }
      var values = values
      if state.children.count >= limit {
        state.overflow &+= 1
        values = Array(repeating: Self.other, count: names.count)
        if let position = state.index[values] { return state.children[position].child }
      }
      let child = make()
      state.index[values] = state.children.count
      state.children.append((Labels(Array(zip(names, values))), child))
      return child
    }
  }

  /// How often a combination of label values beyond the limit was asked for.
  public var overflow: UInt64 { state.withLock { $0.overflow } }

  /// Writes all children as samples of the family that the encoder is at.
  public func write(into encoder: inout TextEncoder) {
    let children = state.withLock { $0.children }
    for (labels, child) in children { child.write(labels, into: &encoder) }
  }
}

extension Labelled where Child == Counter {
  /// Counters with these label names, at most `limit` of them.
  public convenience init(_ names: String..., limit: Int = 10_000) {
    self.init(names: names, limit: limit) { Counter() }
  }
}

extension Labelled where Child == Gauge {
  /// Gauges with these label names, at most `limit` of them.
  public convenience init(_ names: String..., limit: Int = 10_000) {
    self.init(names: names, limit: limit) { Gauge() }
  }
}

extension Labelled where Child == Histogram {
  /// Histograms with these label names and bounds, at most `limit` of them.
  public convenience init(_ names: String..., bounds: [Double], limit: Int = 10_000) {
    if let fault = HistogramSnapshot.fault(in: bounds) { fatalError(fault) }
    self.init(names: names, limit: limit) { Histogram(bounds: bounds) }
  }
}
