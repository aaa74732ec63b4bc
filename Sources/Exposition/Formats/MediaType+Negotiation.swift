// Which format a scraper gets: the `Accept` header against what there is.

extension MediaType {
  /// What an `Accept` header asks for.
  ///
  /// The clause of the highest weight that can be met decides; of several with that weight the format that says most: OpenMetrics 1.0.0,
  /// 0.0.1, protobuf, text. Wildcards, what browsers send, and a header that asks for nothing there is mean text 0.0.4, which
  /// Prometheus' documents make the last resort. A clause whose weight is no number from 0 to 1 does not count.
  ///
  /// ```swift
  /// MediaType(accept: "application/openmetrics-text;version=1.0.0,text/plain;q=0.5").format  // .openMetrics1
  /// ```
  /// - Parameter accept: the header; nil where there is none. Several are joined by commas.
  public init(accept: String?) {
    var best: (weight: Double, type: MediaType)?
    for clause in WeightedList(accept ?? "") {
      guard clause.weight > 0, let type = MediaType(clause) else { continue }
      if let best, (best.weight, -best.type.format.rank) >= (clause.weight, -type.format.rank) { continue }
      best = (clause.weight, type)
    }
    self = best?.type ?? MediaType(.text)
  }

  /// What one clause asks for; nil if there is no such thing here.
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
      // 1.0.0 is 0.0.4 with names in quotes, which no name here needs.
      guard ["0.0.4", "1.0.0", nil].contains(clause["version"]) else { return nil }
      format = .text
    case "*/*", "text/*": format = .text
    default: return nil
    }
    self.init(format, escaping: clause["escaping"].flatMap(NameEscaping.init))
  }
}

extension MediaType.Format {
  /// The place among formats of equal weight.
  fileprivate var rank: Int {
    switch self {
    case .openMetrics1: 0
    case .openMetrics0: 1
    case .protobuf: 2
    case .text: 3
    }
  }
}
