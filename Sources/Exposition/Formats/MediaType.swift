// What a page is sent as.

/// A format of the page and the treatment of names in it, as a `Content-Type` says them. Prometheus 3 refuses a page without one.
public struct MediaType: Sendable, Hashable, CustomStringConvertible {
  /// The formats that Prometheus and those like it read.
  public enum Format: Sendable, Hashable, CaseIterable {
    /// `application/openmetrics-text; version=1.0.0`
    case openMetrics1
    /// `application/openmetrics-text; version=0.0.1`: the draft, which differs in nothing that is written here.
    case openMetrics0
    /// Delimited `io.prometheus.client.MetricFamily`: the only one with native histograms.
    case protobuf
    /// `text/plain; version=0.0.4`: what everything reads.
    case text
  }

  /// The format.
  public let format: Format
  /// How names are escaped; nil where nobody asked, and then nothing is said of it.
  public let escaping: NameEscaping?

  /// A format, and a way to escape names if one was asked for.
  public init(_ format: Format, escaping: NameEscaping? = nil) {
    self.format = format
    self.escaping = escaping
  }

  /// The `Content-Type`.
  public var description: String {
    let type =
      switch format {
      case .openMetrics1: "application/openmetrics-text; version=1.0.0; charset=utf-8"
      case .openMetrics0: "application/openmetrics-text; version=0.0.1; charset=utf-8"
      case .protobuf: "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
      case .text: "text/plain; version=0.0.4; charset=utf-8"
      }
    return escaping.map { "\(type); escaping=\($0.rawValue)" } ?? type
  }
}
