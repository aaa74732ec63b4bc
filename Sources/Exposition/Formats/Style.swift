// The style of a page: every fact that decides its bytes, except the series.

/// A format, with the options of the request and of the registry.
struct Style: Sendable {
  var format: MediaType.Format
  /// Whether underscores in names are doubled.
  var escapesNames = false
  /// Whether counters and histograms have `_created` samples in OpenMetrics.
  var createdSamples = false
  /// The start time of counters and histograms, in seconds since 1970.
  var since = 0.0

  /// Whether the format is OpenMetrics, in either version: they differ only in the media type.
  var isOpenMetrics: Bool {
    switch format {
    case .openMetrics0, .openMetrics1: true
    case .text, .protobuf: false
    }
  }

  func name(of family: Family) -> [UInt8] {
    escapesNames ? family.name.utf8.underscoresDoubled : Array(family.name.utf8)
  }

  /// The name of a family's samples without their suffix. With doubled underscores one of the two stays: `x__total`
  /// belongs to `x_`.
  func baseName(of family: Family) -> [UInt8] {
    Array(name(of: family).dropLast(family.name.utf8.count - family.baseName.utf8.count))
  }

  /// Whether series of a type have `_created` samples.
  func hasCreatedSamples(_ type: MetricType) -> Bool {
    guard createdSamples, isOpenMetrics else { return false }
    switch type {
    case .counter, .histogram: return true
    case .gauge, .info: return false
    }
  }
}
