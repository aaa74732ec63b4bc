// Series as messages: `io.prometheus.client.MetricFamily`, each after its length. The few message types are written by
// hand, since a library for all of protobuf would bring all of Foundation.

extension Style {
  /// The length of the whole message, and its fields before the series.
  func messageHeader(of family: Family, bodySize: Int) -> [UInt8] {
    var fields: [UInt8] = []
    fields.appendField(1, name(of: family))
    fields.appendField(2, Array(family.help.utf8))
    fields.appendField(3, varint: family.type.number)
    if let unit = family.unit { fields.appendField(5, Array(unit.utf8)) }
    var header: [UInt8] = []
    header.appendVarint(UInt64(fields.count + bodySize))
    return header + fields
  }

  /// Appends series as the family's field `metric`.
  func writeMessages(_ series: [Series], of family: Family, into bytes: inout [UInt8]) {
    var message = Message(since: since)
    for entry in series where entry.samples > 0 {
      message.write(entry, family.type)
      bytes.appendField(4, message.metric)
    }
  }
}

extension MetricType {
  /// `MetricType` of the schema.
  fileprivate var number: UInt64 {
    switch self {
    case .counter: 0
    case .gauge, .info: 1
    case .histogram: 4
    }
  }
}

/// One `Metric`, in memory that is reused for the next. The length of a nested message comes before it, so it is
/// written separately first.
private struct Message {
  private(set) var metric: [UInt8] = []
  private var part: [UInt8] = []
  private var bucket: [UInt8] = []
  /// The start time of counters and histograms, as a `Timestamp`.
  private let since: [UInt8]

  init(since: Double) {
    self.since = .timestamp(since)
  }

  mutating func write(_ series: Series, _ type: MetricType) {
    metric.removeAll(keepingCapacity: true)
    metric.appendLabels(1, series.labels)
    let since = series.since.map { .timestamp($0) } ?? since
    switch series.value {
    case .absent: break
    case .number(let number): write(number, exemplar: nil, since: since, type)
    case .counted(let number, let exemplar): write(number, exemplar: exemplar, since: since, type)
    case .histogram(let histogram): write(histogram, since: since)
    }
  }

  private mutating func write(_ number: Double, exemplar: Exemplar?, since: [UInt8], _ type: MetricType) {
    part.removeAll(keepingCapacity: true)
    part.appendField(1, double: number)
    if type == .counter {
      if let exemplar { part.appendField(2, .exemplar(exemplar)) }
      part.appendField(3, since)
    }
    metric.appendField(type == .counter ? 3 : 2, part)
  }

  private mutating func write(_ histogram: HistogramSnapshot, since: [UInt8]) {
    part.removeAll(keepingCapacity: true)
    part.appendField(1, varint: histogram.count)
    part.appendField(2, double: histogram.sum)
    var cumulative: UInt64 = 0
    for (index, count) in histogram.counts.enumerated() {
      cumulative &+= count
      bucket.removeAll(keepingCapacity: true)
      bucket.appendField(1, varint: cumulative)
      bucket.appendField(2, double: index < histogram.bounds.count ? histogram.bounds[index] : .infinity)
      if !histogram.exemplars.isEmpty, let exemplar = histogram.exemplars[index] { bucket.appendField(3, .exemplar(exemplar)) }
      part.appendField(3, bucket)
    }
    if let native = histogram.native { write(native) }
    part.appendField(15, since)
    metric.appendField(7, part)
  }

  private mutating func write(_ native: NativeBuckets) {
    part.appendField(5, varint: .zigzag(Int64(native.schema)))
    part.appendField(6, double: NativeBuckets.zeroThreshold)
    part.appendField(7, varint: native.zeroCount)
    write(native.negative, spans: 9, deltas: 10)
    write(native.positive, spans: 12, deltas: 13)
    if native.zeroCount == 0, native.negative.indices.isEmpty, native.positive.indices.isEmpty {
      // An empty span distinguishes a native histogram without observations from a classic one.
      part.appendField(12, .span(offset: 0, length: 0))
    }
  }

  /// Writes spans of neighbouring buckets, and the difference of each count to the one before. To fill a gap of two is
  /// cheaper than a new span.
  private mutating func write(_ side: NativeBuckets.Side, spans: UInt64, deltas: UInt64) {
    var runs: [(offset: Int32, length: UInt32)] = []
    var differences: [UInt8] = []
    var next: Int32 = 0
    var before: Int64 = 0
    for (index, count) in zip(side.indices, side.counts) {
      let gap = index - next
      if runs.isEmpty || gap > 2 {
        runs.append((gap, 0))
      } else {
        for _ in 0..<gap {
          differences.appendVarint(.zigzag(-before))
          before = 0
        }
        runs[runs.count - 1].length += UInt32(gap)
      }
      runs[runs.count - 1].length += 1
      let count = Int64(clamping: count)
      differences.appendVarint(.zigzag(count - before))
      before = count
      next = index + 1
    }
    for run in runs { part.appendField(spans, .span(offset: run.offset, length: run.length)) }
    if !differences.isEmpty { part.appendField(deltas, differences) }
  }
}

// MARK: The wire format (protobuf.dev/programming-guides/encoding)

extension UInt64 {
  /// The zigzag encoding, which keeps small numbers of either sign short.
  fileprivate static func zigzag(_ value: Int64) -> UInt64 {
    UInt64(bitPattern: value << 1 ^ value >> 63)
  }
}

extension [UInt8] {
  fileprivate mutating func appendVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  fileprivate mutating func appendField(_ number: UInt64, varint value: UInt64) {
    appendVarint(number << 3)
    appendVarint(value)
  }

  fileprivate mutating func appendField(_ number: UInt64, double value: Double) {
    appendVarint(number << 3 | 1)
    Swift.withUnsafeBytes(of: value.bitPattern.littleEndian) { append(contentsOf: $0) }
  }

  /// Appends text, a nested message or packed numbers.
  fileprivate mutating func appendField(_ number: UInt64, _ bytes: [UInt8]) {
    appendField(number, bytes[...])
  }

  fileprivate mutating func appendField(_ number: UInt64, _ bytes: ArraySlice<UInt8>) {
    appendVarint(number << 3 | 2)
    appendVarint(UInt64(bytes.count))
    append(contentsOf: bytes)
  }

  /// Appends labels as a repeated `LabelPair`. Its length is computed first, so that nothing is written separately.
  fileprivate mutating func appendLabels(_ number: UInt64, _ labels: Labels) {
    labels.forEach { name, escapedValue in
      let value = escapedValue.unescaped
      appendVarint(number << 3 | 2)
      appendVarint(UInt64(2 + Self.size(of: name.count) + name.count + Self.size(of: value.count) + value.count))
      appendField(1, name)
      appendField(2, value)
    }
  }

  /// The number of bytes of a length.
  private static func size(of length: Int) -> Int {
    var size = 1
    var rest = length >> 7
    while rest > 0 {
      size += 1
      rest >>= 7
    }
    return size
  }

  fileprivate static func exemplar(_ exemplar: Exemplar) -> [UInt8] {
    var message: [UInt8] = []
    message.appendLabels(1, exemplar.labels)
    message.appendField(2, double: exemplar.value)
    message.appendField(3, .timestamp(exemplar.time))
    return message
  }

  fileprivate static func span(offset: Int32, length: UInt32) -> [UInt8] {
    var message: [UInt8] = []
    message.appendField(1, varint: .zigzag(Int64(offset)))
    message.appendField(2, varint: UInt64(length))
    return message
  }

  fileprivate static func timestamp(_ seconds: Double) -> [UInt8] {
    let whole = seconds.rounded(.down)
    var message: [UInt8] = []
    message.appendField(1, varint: UInt64(bitPattern: Int64(whole)))
    message.appendField(2, varint: UInt64((seconds - whole) * 1e9))
    return message
  }
}

extension ArraySlice<UInt8> {
  /// The label value without its escapes.
  fileprivate var unescaped: ArraySlice<UInt8> {
    guard contains(UInt8(ascii: "\\")) else { return self }
    var text: ArraySlice<UInt8> = []
    var isEscaped = false
    for byte in self {
      if isEscaped {
        text.append(byte == UInt8(ascii: "n") ? UInt8(ascii: "\n") : byte)
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else {
        text.append(byte)
      }
    }
    return text
  }
}
