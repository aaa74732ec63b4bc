// A block: some neighbouring series of a family, and their bytes in each layout until one of them changes.

/// A block of series of one family: large enough that a page has few blocks, and small enough that a change costs
/// little.
struct Block: Sendable {
  private(set) var series: [Series] = []
  /// The number of samples, as the text format counts them; nil after a change, until it is counted again.
  private var sampleCount: Int?
  /// Whether one of the series has, or had, an exemplar.
  private var hasExemplars = false
  private var lines = Piece()
  private var openMetrics = Piece()
  private var protobuf = Piece()

  /// The number of series in a full block; smaller for histograms, since each has about a dozen lines.
  static func capacity(_ type: MetricType) -> Int {
    type == .histogram ? 32 : 256
  }

  /// Puts a series at a position, at most the current count. The bytes stay valid if the same series was there.
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

  /// The number of samples of its series.
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

  /// Its bytes. They are kept if names are not escaped, which is the usual case.
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
    // Without exemplars and `_created` samples, the lines of OpenMetrics are those of the text format.
    guard style.isOpenMetrics, hasExemplars || style.hasCreatedSamples(family.type) else {
      lines.renew(&stamps) { style.write(series, of: family, into: &$0) }
      return lines
    }
    openMetrics.renew(&stamps) { style.write(series, of: family, into: &$0) }
    return openMetrics
  }
}
