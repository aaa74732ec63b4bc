// One series of a page, as it is kept from scrape to scrape.

/// Labels with their value at the last collection.
struct Series: Sendable {
  enum Value: Sendable {
    /// No current value: no line, but a place for the next value.
    case absent
    case number(Double)
    /// A number with an exemplar, or with a start time of its own.
    indirect case counted(Double, Exemplar?, since: Double?)
    indirect case histogram(HistogramSnapshot)
  }

  let labels: Labels
  let value: Value

  /// Whether it has exemplars, which only OpenMetrics and protobuf show.
  var hasExemplars: Bool {
    switch value {
    case .absent, .number: false
    case .counted(_, let exemplar, _): exemplar != nil
    case .histogram(let histogram): !histogram.exemplars.isEmpty
    }
  }

  /// Its start time, if it has one of its own.
  var since: Double? {
    if case .counted(_, _, let since) = value { since } else { nil }
  }

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
    switch (value, other.value) {
    case (.absent, .absent): labels == other.labels
    case (.number(let known), .number(let found)): known.bitPattern == found.bitPattern && labels == other.labels
    case (.counted(let known, let before, let since), .counted(let found, let after, let start)):
      known.bitPattern == found.bitPattern && before == after && since == start && labels == other.labels
    case (.histogram(let known), .histogram(let found)): known.isSame(as: found) && labels == other.labels
    case (.absent, _), (.number, _), (.counted, _), (.histogram, _): false
    }
  }
}
