// Series as lines: the text format 0.0.4, and OpenMetrics with exemplars and `_created` samples.

extension Style {
  /// Appends series of a family in this style's format.
  func write(_ series: [Series], of family: Family, into bytes: inout [UInt8]) {
    let series = escapesNames ? series.map { Series(labels: $0.labels.underscoresDoubled, value: $0.value, since: $0.since) } : series
    switch format {
    case .protobuf: writeMessages(series, of: family, into: &bytes)
    case .text, .openMetrics0, .openMetrics1: writeLines(series, of: family, into: &bytes)
    }
  }

  private func writeLines(_ series: [Series], of family: Family, into bytes: inout [UInt8]) {
    let name = name(of: family)
    let created = hasCreatedSamples(family.type) ? baseName(of: family) : nil
    // One check of the room for all lines: most lines are a name, labels and a number, and cost little more than
    // copying these.
    let room = series.reduce(0) { $0 + $1.room(name.count, lines: created == nil ? 0 : 1) }
    bytes.append(atMost: room) { cursor in
      var bounds = BoundLabels()
      for index in series.indices {
        switch series[index].value {
        case .absent: continue
        case .number(let value):
          cursor.putSeries(name, "", series[index].labels)
          cursor.put(value)
        case .counted(let value, let exemplar):
          cursor.putSeries(name, "", series[index].labels)
          cursor.put(value)
          if isOpenMetrics { cursor.put(exemplar) }
        case .histogram(let histogram):
          bounds.cover(histogram.bounds)
          write(histogram, name, series[index].labels, bounds, into: &cursor)
        }
        cursor.put(UInt8(ascii: "\n"))
        if let created {
          cursor.putSeries(created, "_created", series[index].labels)
          cursor.put(series[index].since ?? since)
          cursor.put(UInt8(ascii: "\n"))
        }
      }
    }
  }

  /// Writes a histogram, without the end of the last line.
  private func write(
    _ histogram: HistogramSnapshot, _ name: [UInt8], _ labels: Labels, _ bounds: BoundLabels, into cursor: inout ByteCursor
  ) {
    var cumulative: UInt64 = 0
    for (index, count) in histogram.counts.enumerated() {
      cumulative &+= count
      cursor.putSeries(name, "_bucket", labels, bound: bounds[index])
      cursor.put(cumulative)
      if isOpenMetrics, !histogram.exemplars.isEmpty, let exemplar = histogram.exemplars[index] { cursor.put(exemplar) }
      cursor.put(UInt8(ascii: "\n"))
    }
    cursor.putSeries(name, "_sum", labels)
    cursor.put(histogram.sum)
    cursor.put(UInt8(ascii: "\n"))
    cursor.putSeries(name, "_count", labels)
    cursor.put(cumulative)
  }
}

/// The labels of buckets, `le="0.5"`, written once for all histograms with the same bounds.
private struct BoundLabels {
  private var bounds: [Double]?
  private var labels: [[UInt8]] = []

  /// Makes the labels for these bounds, and +Inf.
  mutating func cover(_ bounds: [Double]) {
    guard self.bounds != bounds else { return }
    self.bounds = bounds
    labels = (bounds + [.infinity]).map { bound in
      var label = Array("le=\"".utf8)
      label.appendBound(bound)
      label.append(UInt8(ascii: "\""))
      return label
    }
  }

  subscript(_ index: Int) -> [UInt8] { labels[index] }
}

extension Series {
  /// An upper bound of the bytes of its lines and of `lines` further plain ones.
  fileprivate func room(_ name: Int, lines: Int) -> Int {
    // A suffix, a bound with its name, braces, a comma, a space, a number and the end of the line.
    let line = name + labels.rendered.count + 2 * ByteCursor.longestNumber + 24
    switch value {
    case .absent: return 0
    case .number: return (lines + 1) * line
    case .counted(_, let exemplar): return (lines + 1) * line + exemplar.room
    case .histogram(let histogram):
      return (lines + samples) * line + histogram.exemplars.reduce(0) { $0 + ($1?.room ?? 0) }
    }
  }
}

extension Exemplar {
  /// An upper bound of its bytes after a value.
  fileprivate var room: Int { labels.rendered.count + 2 * ByteCursor.longestNumber + 8 }
}

extension ByteCursor {
  /// Puts the part before the value: the name with a suffix, the labels, and a space.
  fileprivate mutating func putSeries(_ name: [UInt8], _ suffix: StaticString, _ labels: Labels) {
    put(name)
    put(suffix)
    if !labels.rendered.isEmpty {
      put(UInt8(ascii: "{"))
      put(labels.rendered)
      put(UInt8(ascii: "}"))
    }
    put(UInt8(ascii: " "))
  }

  fileprivate mutating func putSeries(_ name: [UInt8], _ suffix: StaticString, _ labels: Labels, bound: [UInt8]) {
    put(name)
    put(suffix)
    put(UInt8(ascii: "{"))
    put(labels.rendered)
    if !labels.rendered.isEmpty { put(UInt8(ascii: ",")) }
    put(bound)
    put("} ")
  }

  fileprivate mutating func put(_ exemplar: Exemplar) {
    put(" # {")
    put(exemplar.labels.rendered)
    put("} ")
    put(exemplar.value)
    put(UInt8(ascii: " "))
    put(exemplar.time)
  }
}
