// Instruments of one family told apart by labels, made when they are first asked for.
import Synchronization

/// Counters by labels: `requests["/metrics", "GET", "200"].increment()`.
public typealias LabelledCounter = Labelled<Counter>
/// Gauges by labels.
public typealias LabelledGauge = Labelled<Gauge>
/// Histograms by labels, all with the same buckets.
public typealias LabelledHistogram = Labelled<Histogram>

/// A family's instruments, one for each combination of label values, found by subscript and kept until they are removed.
///
/// ```swift
/// let requests = LabelledCounter("handler", "code")
/// registry.register(requests, as: Family(name: "requests_total", type: .counter, help: "Requests answered."))
/// requests["/metrics", "200"].increment()
/// ```
/// To have a series on the page from the first scrape on, ask for it once: `_ = requests["/metrics", "200"]`. What is counted often is best
/// looked up once and kept.
///
/// Label values that come from outside could otherwise be as many as an attacker likes, so the number of children is bounded:
/// combinations beyond the limit share one child whose every label is `other`, and ``overflow`` counts how often that happened.
public final class Labelled<Child: Instrument>: Sendable {
  /// What label values are replaced by beyond the limit.
  public static var other: String { "other" }

  private struct State {
    /// Positions among the children.
    var index: [Labels: Int] = [:]
    /// In the order of their making, so that a page's order stays the same from scrape to scrape.
    var labels: [Labels] = []
    var children: [Child] = []
    /// Those of the children that stand for what is beyond the limit.
    var shared: Set<Labels> = []
    var overflow: UInt64 = 0
  }

  /// The labels' names, in the order in which values are given.
  public let names: [String]
  private let limit: Int
  private let make: @Sendable () -> Child
  private let state = Mutex(State())

  /// No children yet. A label name that is not legal or is given twice stops the program with a message.
  ///
  /// - Parameters:
  ///   - names: in the order in which values will be given; none where all children are asked for by ``subscript(labels:)``.
  ///   - limit: the most children there can be, at least 1, the shared one not counted.
  ///   - make: makes a child.
  public init(names: [String], limit: Int = 10_000, make: @escaping @Sendable () -> Child) {
    if limit < 1 { fatalError("a limit of \(limit) children leaves no room for any") }
    _ = Labels(names.map { ($0, "") })
    self.names = names
    self.limit = limit
    self.make = make
  }

  /// The child for these label values, one for each name; made now if it is not there yet.
  public subscript(_ values: String...) -> Child {
    self[labels: labels(values)]
  }

  /// The child for these labels, whatever their names; made now if it is not there yet.
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

  /// Takes the child for these label values off the page; false if there was none. What still holds it counts for nobody.
  @discardableResult
  public func remove(_ values: String...) -> Bool {
    remove(labels: labels(values))
  }

  /// Takes the child for these labels off the page; false if there was none.
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

  /// How often a combination of label values beyond the limit was asked for.
  public var overflow: UInt64 { state.withLock { $0.overflow } }

  /// How many children there are.
  public var count: Int { state.withLock { $0.children.count } }

  /// Writes all children as samples of the family that the page is at.
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
