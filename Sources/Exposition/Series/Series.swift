// One series of a page, as it is kept from scrape to scrape.

/// Labels with their value at the last collection.
struct Series: Sendable {
  enum Value: Sendable {
    /// No current value: no line, but a place for the next value.
    case absent
    case number(Double)
    /// A number with an exemplar.
    indirect case counted(Double, Exemplar)
    indirect case histogram(HistogramSnapshot)
  }

  let labels: Labels
  /// The bits of its start time: one word for each series, where an optional would take two.
  private let start: UInt64
  let value: Value

  init(labels: Labels, value: Value, since: Double? = nil) {
    self.labels = labels
    self.value = value
    start = Self.bits(since)
  }

  /// The bits of a start time; those of NaN for none.
  static func bits(_ since: Double?) -> UInt64 { since.map(UnixTime.inRange)?.bitPattern ?? Double.nan.bitPattern }

  /// Whether it has exemplars, which only OpenMetrics and protobuf show.
  var hasExemplars: Bool {
    switch value {
    case .absent, .number: false
    case .counted: true
    case .histogram(let histogram): !histogram.exemplars.isEmpty
    }
  }

  static func since(_ bits: UInt64) -> Double? { bits == Double.nan.bitPattern ? nil : Double(bitPattern: bits) }

  /// Its start time, if it has one of its own.
  var since: Double? { Self.since(start) }

  /// The number of its samples in the text format: a histogram has its buckets, the sum and the count.
  var samples: Int {
    switch value {
    case .absent: 0
    case .number, .counted: 1
    case .histogram(let histogram): histogram.counts.count + 2
    }
  }

  /// Whether a collection found the same value again, so that its bytes are still valid. Numbers are compared by their
  /// bits, so that NaN equals itself.
  func isSame(as other: Series) -> Bool {
    guard start == other.start else { return false }
    return switch (value, other.value) {
    case (.absent, .absent): labels == other.labels
    case (.number(let known), .number(let found)): known.bitPattern == found.bitPattern && labels == other.labels
    case (.counted(let known, let before), .counted(let found, let after)):
      known.bitPattern == found.bitPattern && before == after && labels == other.labels
    case (.histogram(let known), .histogram(let found)): known.isSame(as: found) && labels == other.labels
    case (.absent, _), (.number, _), (.counted, _), (.histogram, _): false
    }
  }
}
