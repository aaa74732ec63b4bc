// How a page is written: everything that decides its bytes beside the series.

/// A format, with what a request and a registry have to say on it.
struct Style: Sendable {
  var format: MediaType.Format
  /// Underscores in names are doubled.
  var escapesNames = false
  /// Counters and histograms have `_created` samples in OpenMetrics.
  var createdSamples = false
  /// Since when counters and histograms count, in seconds since 1970.
  var since = 0.0

  /// Of either version: they differ in the media type alone.
  var isOpenMetrics: Bool {
    switch format {
    case .openMetrics0, .openMetrics1: true
    case .text, .protobuf: false
    }
  }

  func name(of family: Family) -> [UInt8] {
    escapesNames ? family.name.utf8.underscoresDoubled : Array(family.name.utf8)
  }

  /// The name of a family's samples without their suffix, which with doubled underscores leaves one of the two: `x__total` is of `x_`.
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
