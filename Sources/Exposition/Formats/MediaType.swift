// The media type of a page.

/// A format of the page and the escaping of names in it, as in a `Content-Type`. Prometheus 3 refuses a page without
/// one.
public struct MediaType: Sendable, Hashable, CustomStringConvertible {
  /// The formats that Prometheus and compatible scrapers read.
  public enum Format: Sendable, Hashable, CaseIterable {
    /// `application/openmetrics-text; version=1.0.0`
    case openMetrics1
    /// `application/openmetrics-text; version=0.0.1`: the draft, which does not differ in anything that is written
    /// here.
    case openMetrics0
    /// Delimited `io.prometheus.client.MetricFamily`: the only one with native histograms.
    case protobuf
    /// `text/plain; version=0.0.4`: the format that every scraper reads.
    case text
  }

  /// The format.
  public let format: Format
  /// The escaping of names; nil if the scraper did not ask for one, and then the `Content-Type` names none.
  public let escaping: NameEscaping?

  /// A format, with the escaping of names that the scraper asked for.
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
