// A page as it is sent to a scraper.

/// A finished page in one format, and what is on it.
public struct RenderedPage: Sendable {
  /// What its `Content-Type` must say.
  public let type: MediaType
  /// Whether it is one gzip member, for `Content-Encoding: gzip`.
  public let isGzipped: Bool
  /// The page, in the parts that it is kept in: sending them one after the other spares joining them.
  public let parts: [[UInt8]]
  /// Bytes of the page before compression.
  public let size: Int
  /// Samples on it, as the text format counts them.
  public let series: Int
  /// Families on it.
  public let families: Int

  /// The page in one piece.
  public var bytes: [UInt8] { parts.reduce(into: []) { $0 += $1 } }
}
