// One series as a page keeps it from scrape to scrape.

/// Labels, and what they had at the last collection.
struct Series: Sendable {
  enum Value: Sendable {
    /// There is none at present: no line, but a place for the next one.
    case absent
    case number(Double)
    /// A number with more to say: an event that it counts, or when it began to count, if that was not when the others did.
    indirect case counted(Double, Exemplar?, since: Double?)
    indirect case histogram(HistogramSnapshot)
  }

  let labels: Labels
  let value: Value

  /// Whether OpenMetrics and protobuf have more to say of it than the text format.
  var hasExemplars: Bool {
    switch value {
    case .absent, .number: false
    case .counted(_, let exemplar, _): exemplar != nil
    case .histogram(let histogram): !histogram.exemplars.isEmpty
    }
  }

  /// When it began to count, where that was not when the others did.
  var since: Double? {
    if case .counted(_, _, let since) = value { since } else { nil }
  }

  /// How many samples it is in the text format: a histogram has its buckets, the sum and the count.
  var samples: Int {
    switch value {
    case .absent: 0
    case .number, .counted: 1
    case .histogram(let histogram): histogram.counts.count + 2
    }
  }

  /// Whether a collection found the same again, so that everything written of it still holds. Numbers are compared by their bits: NaN is itself.
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
