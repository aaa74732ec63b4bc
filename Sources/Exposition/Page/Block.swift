// Some neighbouring series of a family, and their bytes in each layout for as long as none of them changes.

/// Series of one family, so many that a page has few blocks and so few that a change costs little.
struct Block: Sendable {
  private(set) var series: [Series] = []
  /// How many samples they are, as the text format counts them; nil where that is not known since the last change.
  private var sampleCount: Int?
  /// Whether one of them has, or had, an exemplar.
  private var hasExemplars = false
  private var lines = Piece()
  private var openMetrics = Piece()
  private var protobuf = Piece()

  /// How many series a full block has: a histogram has a dozen lines.
  static func capacity(_ type: MetricType) -> Int {
    type == .histogram ? 32 : 256
  }

  /// Puts a series at a position up to the present count. What was written stays valid if it is the one that stood there.
  mutating func put(_ new: Series, at position: Int) {
    if position < series.count {
      if series[position].isSame(as: new) { return }
      series[position] = new
    } else {
      series.append(new)
    }
    hasExemplars = hasExemplars || new.hasExemplars
    outdate()
  }

  /// Drops the series from a position on.
  mutating func truncate(to count: Int) {
    guard count < series.count else { return }
    series.removeLast(series.count - count)
    outdate()
  }

  /// How many samples its series are.
  mutating func countSamples() -> Int {
    let count = sampleCount ?? series.reduce(0) { $0 + $1.samples }
    sampleCount = count
    return count
  }

  private mutating func outdate() {
    sampleCount = nil
    lines.stamp = 0
    openMetrics.stamp = 0
    protobuf.stamp = 0
  }

  /// Its bytes; kept where names are not escaped, as they hardly ever are.
  mutating func piece(_ style: Style, of family: Family, _ stamps: inout Stamps) -> Piece {
    let series = series
    if style.escapesNames {
      var piece = Piece()
      piece.renew(&stamps) { style.write(series, of: family, into: &$0) }
      return piece
    }
    if style.format == .protobuf {
      protobuf.renew(&stamps) { style.write(series, of: family, into: &$0) }
      return protobuf
    }
    // Without exemplars and `_created` samples, OpenMetrics' lines are those of the text format.
    guard style.isOpenMetrics, hasExemplars || style.hasCreatedSamples(family.type) else {
      lines.renew(&stamps) { style.write(series, of: family, into: &$0) }
      return lines
    }
    openMetrics.renew(&stamps) { style.write(series, of: family, into: &$0) }
    return openMetrics
  }
}
