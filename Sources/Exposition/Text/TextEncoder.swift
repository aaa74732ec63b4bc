// Writes families and samples in Prometheus' text format 0.0.4.

/// Writes samples of families, all of one family together: ``begin(_:)`` a family, then its samples, then begin the next.
///
/// A family that was on the page already is left out with all its samples (Prometheus refuses some pages that name one twice) and
/// noted for the registry to count. One that has no samples leaves no trace. A sample costs no allocation.
public struct TextEncoder: Sendable {
  /// Where in the page the encoder is.
  private enum Place {
    /// Before the first family.
    case outside
    /// In a family that is not wanted or was there before: its samples go nowhere.
    case leftOut(MetricType)
    /// In a family without samples so far, whose header is still to be written.
    case begun(Family)
    /// In a family with samples.
    case open(MetricType)
  }

  /// A point to go back to.
  struct Mark {
    fileprivate let bytes: Int
    fileprivate let series: Int
    fileprivate let families: Int
    fileprivate let begun: Int
  }

  /// The page so far: whole lines, always.
  public private(set) var bytes: [UInt8] = []
  /// Sample lines written so far.
  public private(set) var series = 0
  /// Families with at least one sample so far.
  public private(set) var families = 0
  /// Families left out since ``takeDuplicates()`` was last called, because a name of theirs was on the page before.
  private var duplicates: [String] = []

  private var place = Place.outside
  /// The present family's name.
  private var name: [UInt8] = []
  /// Sample names that may not be begun again: those that were reserved and those begun so far.
  private var taken: Set<String>
  /// The names begun, in their order, to go back to a mark.
  private var begun: [String] = []
  private let wanted: Set<String>?

  /// An empty page with room for so many bytes.
  public init(reserving capacity: Int = 0) {
    self.init(reserving: capacity, wanted: nil, reserved: [])
  }

  /// An empty page.
  ///
  /// - Parameters:
  ///   - wanted: the families it takes; nil takes all.
  ///   - reserved: sample names that ``begin(_:)`` leaves out; ``beginReserved(_:)`` is for their owner.
  init(reserving capacity: Int, wanted: Set<String>?, reserved: Set<String>) {
    bytes.reserveCapacity(capacity)
    self.wanted = wanted
    taken = reserved
  }

  /// Begins a family: its HELP and TYPE lines stand before its first sample.
  public mutating func begin(_ family: Family) {
    let names = family.sampleNames
    guard !names.contains(where: taken.contains) else {
      duplicates.append(family.name)
      setPlace(family, takes: false)
      return
    }
    begun.append(contentsOf: names)
    taken.formUnion(names)
    beginReserved(family)
  }

  /// Begins a family whose names were reserved when the page was.
  mutating func beginReserved(_ family: Family) {
    setPlace(family, takes: wanted?.contains(family.name) ?? true)
  }

  private mutating func setPlace(_ family: Family, takes: Bool) {
    name.removeAll(keepingCapacity: true)
    name.append(contentsOf: family.name.utf8)
    place = takes ? .begun(family) : .leftOut(family.type)
  }

  /// Writes a sample of the present family, which is no histogram (that stops the program, as does a sample of no family).
  public mutating func sample(_ labels: Labels, _ value: Double) {
    guard opens(labels) else { return }
    bytes.appendNumber(value)
    endLine()
  }

  /// Writes a sample of the present family, as ``sample(_:_:)-(_,Double)`` does.
  public mutating func sample(_ labels: Labels, _ value: Int) {
    guard opens(labels) else { return }
    bytes.appendNumber(Int64(value))
    endLine()
  }

  /// Writes a sample of the present family, as ``sample(_:_:)-(_,Double)`` does.
  public mutating func sample(_ labels: Labels, _ value: UInt64) {
    guard opens(labels) else { return }
    bytes.appendNumber(value)
    endLine()
  }

  /// Writes a sample of the present family: 1 for true, 0 for false.
  public mutating func sample(_ labels: Labels, _ value: Bool) {
    sample(labels, value ? 1 : 0)
  }

  /// Writes a histogram's buckets, sum and count; the present family is a histogram (anything else stops the program).
  public mutating func histogram(_ labels: Labels, _ snapshot: HistogramSnapshot) {
    guard enter(histogram: true) else { return }
    var cumulative: UInt64 = 0
    for (index, count) in snapshot.counts.enumerated() {
      cumulative &+= count
      bytes.append(contentsOf: name)
      bytes.append(contentsOf: "_bucket{".utf8)
      bytes.append(contentsOf: labels.rendered)
      bytes.append(contentsOf: (labels.rendered.isEmpty ? "le=\"" : ",le=\"").utf8)
      bytes.appendBound(index < snapshot.bounds.count ? snapshot.bounds[index] : .infinity)
      bytes.append(contentsOf: "\"} ".utf8)
      bytes.appendNumber(cumulative)
      endLine()
    }
    beginLine("_sum", labels)
    bytes.appendNumber(snapshot.sum)
    endLine()
    beginLine("_count", labels)
    bytes.appendNumber(cumulative)
    endLine()
  }
}

// MARK: Lines

extension TextEncoder {
  /// Begins the line of a plain sample; false when the present family is left out.
  private mutating func opens(_ labels: Labels) -> Bool {
    guard enter(histogram: false) else { return false }
    beginLine("", labels)
    return true
  }

  /// Writes the present family's header if that is still to do; false when the family is left out.
  private mutating func enter(histogram: Bool) -> Bool {
    switch place {
    case .open(let type):
      check(type, histogram: histogram)
      return true
    case .leftOut(let type):
      check(type, histogram: histogram)
      return false
    case .begun(let family):
      check(family.type, histogram: histogram)
      writeHeader(of: family)
      place = .open(family.type)
      return true
    case .outside:
      fatalError("a sample was written before any family was begun")
    }
  }

  /// Stops the program when a histogram is written as a plain sample or the other way round.
  private func check(_ type: MetricType, histogram: Bool) {
    if (type == .histogram) != histogram {
      let family = String(decoding: name, as: UTF8.self)
      fatalError(histogram ? "a histogram was written under \(family), a \(type)" : "a plain sample was written under histogram \(family)")
    }
  }

  private mutating func writeHeader(of family: Family) {
    families += 1
    bytes.append(contentsOf: "# HELP ".utf8)
    bytes.append(contentsOf: name)
    bytes.append(UInt8(ascii: " "))
    bytes.appendEscaped(family.help, quotes: false)
    bytes.append(contentsOf: "\n# TYPE ".utf8)
    bytes.append(contentsOf: name)
    let type =
      switch family.type {
      case .counter: " counter\n"
      case .gauge, .info: " gauge\n"
      case .histogram: " histogram\n"
      }
    bytes.append(contentsOf: type.utf8)
  }

  private mutating func beginLine(_ suffix: StaticString, _ labels: Labels) {
    bytes.append(contentsOf: name)
    bytes.append(contentsOf: UnsafeBufferPointer(start: suffix.utf8Start, count: suffix.utf8CodeUnitCount))
    if !labels.rendered.isEmpty {
      bytes.append(UInt8(ascii: "{"))
      bytes.append(contentsOf: labels.rendered)
      bytes.append(UInt8(ascii: "}"))
    }
    bytes.append(UInt8(ascii: " "))
  }

  private mutating func endLine() {
    bytes.append(UInt8(ascii: "\n"))
    series += 1
  }
}

// MARK: Going back

extension TextEncoder {
  /// The present end of the page.
  var mark: Mark { Mark(bytes: bytes.count, series: series, families: families, begun: begun.count) }

  /// Takes back everything written since the mark; no family is present any more.
  mutating func goBack(to mark: Mark) {
    bytes.removeLast(bytes.count - mark.bytes)
    series = mark.series
    families = mark.families
    taken.subtract(begun[mark.begun...])
    begun.removeLast(begun.count - mark.begun)
    close()
  }

  /// Leaves the present family, so that the next writer cannot add to it by accident.
  mutating func close() {
    place = .outside
  }

  /// The families left out since the last call because their names were on the page before.
  mutating func takeDuplicates() -> [String] {
    defer { duplicates = [] }
    return duplicates
  }
}
