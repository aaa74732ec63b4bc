// The choice of a format for a scraper, by its `Accept` header.

extension MediaType {
  /// The media type that an `Accept` header asks for.
  ///
  /// The clause with the highest weight that names a known format decides. Among several with that weight, the order is
  /// OpenMetrics 1.0.0, OpenMetrics 0.0.1, protobuf, text. Wildcards, the headers of browsers, and a header without a
  /// known format mean text 0.0.4, which is the last resort in Prometheus' documents. A clause whose weight is not a
  /// number from 0 to 1 does not count.
  ///
  /// ```swift
  /// MediaType(accept: "application/openmetrics-text;version=1.0.0,text/plain;q=0.5").format  // .openMetrics1
  /// ```
  /// - Parameter accept: The header; nil if there is none. Several are joined by commas.
  public init(accept: String?) {
    var best: (weight: Double, type: MediaType)?
    for clause in WeightedList(accept ?? "") {
      guard clause.weight > 0, let type = MediaType(clause) else { continue }
      if let best, (best.weight, -best.type.format.rank) >= (clause.weight, -type.format.rank) { continue }
      best = (clause.weight, type)
    }
    self = best?.type ?? MediaType(.text)
  }

  /// The media type of one clause; nil if the format is not known here.
  private init?(_ clause: WeightedList.Clause) {
    let format: Format
    switch clause.value {
    case "application/openmetrics-text":
      switch clause["version"] {
      case "1.0.0": format = .openMetrics1
      case "0.0.1", nil: format = .openMetrics0
      default: return nil
      }
    case "application/vnd.google.protobuf":
      guard clause["proto"] == "io.prometheus.client.MetricFamily", clause["encoding"] == "delimited" else { return nil }
      format = .protobuf
    case "text/plain":
      // 1.0.0 is 0.0.4 with quoted names, which no name here needs.
      guard ["0.0.4", "1.0.0", nil].contains(clause["version"]) else { return nil }
      format = .text
    case "*/*", "text/*": format = .text
    default: return nil
    }
    self.init(format, escaping: clause["escaping"].flatMap(NameEscaping.init))
  }
}

extension MediaType.Format {
  /// The order among formats of equal weight.
  fileprivate var rank: Int {
    switch self {
    case .openMetrics1: 0
    case .openMetrics0: 1
    case .protobuf: 2
    case .text: 3
    }
  }
}
