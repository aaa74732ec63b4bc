// A page as it is sent to a scraper.

/// A finished page in text format 0.0.4, and what is on it.
public struct Exposition: Sendable {
  /// What the page's `Content-Type` must say: Prometheus 3 refuses a page without it.
  public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  /// The page.
  public let bytes: [UInt8]
  /// Sample lines on it.
  public let series: Int
  /// Families on it.
  public let families: Int
}
