// The data that is kept between scrapes: the series of the last collection, their bytes, and the compressed bytes.

/// One page, updated by collections and written for each scrape.
struct Page {
  private var sheets: [Sheet] = []
  /// The start time of counters and histograms without one of their own.
  private(set) var since: Double
  private var stamps = Stamps()
  private var collections: UInt32 = 0
  private var textArchive = Archive()
  private var openMetricsArchive = Archive()
  private var protobufArchive = Archive()
  /// The compressor, made for the first scrape with gzip.
  private var deflater: Deflater?

  init(since: Double = 0) {
    self.since = UnixTime.inRange(since)
  }

  /// Replaces the contents of the page. Series that did not change keep their bytes, and series that are not written
  /// again are removed.
  mutating func collect(reserved: Set<String>, _ write: (inout PageWriter) -> Void) {
    collections &+= 1
    // A clock that was set back: nothing has begun in the future. Bytes with the former start are not kept.
    if case let now = UnixTime.now, now < since {
      since = now
      sheets = []
    }
    var writer = PageWriter(sheets, reserved: reserved, collection: collections)
    sheets = []
    write(&writer)
    sheets = writer.finish()
  }

  /// Writes the page.
  ///
  /// - Parameter names: The families to write; nil writes all.
  mutating func write(_ style: Style, _ type: MediaType, names: Set<String>?, gzip: Bool) -> RenderedPage {
    var pieces: [Piece] = []
    var series = 0
    var families = 0
    for index in sheets.indices where names?.contains(sheets[index].family.name) ?? true {
      let samples = sheets[index].countSamples()
      // A family without samples is not on the page.
      if samples == 0 { continue }
      families += 1
      series += samples
      sheets[index].appendPieces(style, to: &pieces, &stamps)
    }
    if let end = style.end { pieces.append(Piece(bytes: end.withUTF8Buffer(Array.init), stamp: Stamps.fixed)) }
    let size = pieces.reduce(0) { $0 + $1.bytes.count }
    var parts = pieces.map(\.bytes)
    if gzip { parts = member(of: pieces, style, isKept: names == nil && !style.escapesNames) }
    return RenderedPage(type: type, isGzipped: gzip, parts: parts, size: size, series: series, families: families)
  }

  private mutating func member(of pieces: [Piece], _ style: Style, isKept: Bool) -> [[UInt8]] {
    let deflater = deflater ?? Deflater()
    self.deflater = deflater
    guard isKept else {
      var archive = Archive()
      return archive.member(of: pieces, deflater)
    }
    switch style.format {
    case .text: return textArchive.member(of: pieces, deflater)
    case .openMetrics0, .openMetrics1: return openMetricsArchive.member(of: pieces, deflater)
    case .protobuf: return protobufArchive.member(of: pieces, deflater)
    }
  }
}
