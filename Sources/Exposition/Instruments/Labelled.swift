// Instruments of one family with different labels, made at their first use.
import Synchronization

/// Counters by labels: `requests["/metrics", "GET", "200"].increment()`.
public typealias LabelledCounter = Labelled<Counter>
/// Gauges by labels.
public typealias LabelledGauge = Labelled<Gauge>
/// Histograms by labels, all with the same buckets.
public typealias LabelledHistogram = Labelled<Histogram>

/// The instruments of a family, one for each combination of label values, found by subscript and kept until they are
/// removed.
///
/// ```swift
/// let requests = LabelledCounter("handler", "code")
/// registry.register(requests, as: Family(name: "requests_total", type: .counter, help: "Requests answered."))
/// requests["/metrics", "200"].increment()
/// ```
/// To have a series on the page from the first scrape on, look it up once: `_ = requests["/metrics", "200"]`. An
/// instrument that is used often is best looked up once and kept.
///
/// The number of children is bounded, since label values may come from an attacker. Combinations beyond the limit share
/// one child whose labels are all `other`, and ``overflow`` counts the look-ups of such combinations.
public final class Labelled<Child: Instrument>: Sendable {
  /// The value of every label of the child that combinations beyond the limit share.
  public static var other: String { "other" }

  private struct State {
    /// The position of each child.
    var index: [Labels: Int] = [:]
    /// The labels in the order in which children were made, so that a page's order stays the same from scrape to
    /// scrape.
    var labels: [Labels] = []
    var children: [Child] = []
    /// The labels of the shared children, for combinations beyond the limit.
    var shared: Set<Labels> = []
    var overflow: UInt64 = 0
  }

  /// The names of the labels, in the order in which values are given.
  public let names: [String]
  private let limit: Int
  private let make: @Sendable () -> Child
  private let state = Mutex(State())

  /// Instruments without children yet. A label name that is not legal or is given twice stops the program with a
  /// message.
  ///
  /// - Parameters:
  ///   - names: The names, in the order in which values will be given; empty if children are only looked up by
  ///     ``subscript(labels:)``.
  ///   - limit: The largest number of children, at least 1, without the shared one.
  ///   - make: Makes a child.
  public init(names: [String], limit: Int = 10_000, make: @escaping @Sendable () -> Child) {
    if limit < 1 { fatalError("a limit of \(limit) children leaves no room for any") }
    _ = Labels(names.map { ($0, "") })
    self.names = names
    self.limit = limit
    self.make = make
  }

  /// The child for these label values, one for each name; made now if there is none.
  public subscript(_ values: String...) -> Child {
    self[labels: labels(values)]
  }

  /// The child for these labels, with any names; made now if there is none.
  public subscript(labels labels: Labels) -> Child {
    state.withLock { state in
      if let position = state.index[labels] { return state.children[position] }
      var labels = labels
      if state.children.count - state.shared.count >= limit {
        state.overflow &+= 1
        labels = labels.withEveryValue(Self.other)
        if let position = state.index[labels] { return state.children[position] }
        state.shared.insert(labels)
      }
      let child = make()
      state.index[labels] = state.children.count
      state.labels.append(labels)
      state.children.append(child)
      return child
    }
  }

  /// Removes the child for these label values from the page; returns false if there was none. Later counts in a removed
  /// child are lost.
  @discardableResult
  public func remove(_ values: String...) -> Bool {
    remove(labels: labels(values))
  }

  /// Removes the child for these labels from the page; returns false if there was none.
  @discardableResult
  public func remove(labels: Labels) -> Bool {
    state.withLock { state in
      guard let position = state.index.removeValue(forKey: labels) else { return false }
      state.shared.remove(labels)
      state.labels.remove(at: position)
      state.children.remove(at: position)
      for later in position..<state.labels.count { state.index[state.labels[later]] = later }
      return true
    }
  }

  /// The number of look-ups of label values beyond the limit.
  public var overflow: UInt64 { state.withLock { $0.overflow } }

  /// The number of children.
  public var count: Int { state.withLock { $0.children.count } }

  /// Writes all children as samples of the page's current family.
  public func write(to page: inout PageWriter) {
    let (labels, children) = state.withLock { ($0.labels, $0.children) }
    Child.write(children, labels, to: &page)
  }

  private func labels(_ values: [String]) -> Labels {
    if values.count != names.count { fatalError("\(names.count) labels (\(names)) were given \(values.count) values") }
    return Labels(checkedNames: names, values: values)
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
  /// Histograms with these label names and buckets, at most `limit` of them; see ``Histogram/init(bounds:native:)``.
  public convenience init(_ names: String..., bounds: [Double], native: NativeBuckets? = nil, limit: Int = 10_000) {
    if let fault = HistogramSnapshot.fault(in: bounds) { fatalError(fault) }
    self.init(names: names, limit: limit) { Histogram(bounds: bounds, native: native) }
  }
}
