// A finished page for a scraper.

/// A finished page in one format, with its size.
public struct RenderedPage: Sendable {
  /// The media type for its `Content-Type`.
  public let type: MediaType
  /// Whether it is one gzip member, for `Content-Encoding: gzip`.
  public let isGzipped: Bool
  /// The page, in the parts in which it is kept: parts can be sent one after the other without joining them.
  public let parts: [[UInt8]]
  /// The size of the page before compression, in bytes.
  public let size: Int
  /// The number of samples on the page, as the text format counts them.
  public let series: Int
  /// The number of families on the page.
  public let families: Int

  /// The page as one array.
  public var bytes: [UInt8] { parts.reduce(into: []) { $0 += $1 } }
}
