// Who writes samples at the time of a scrape.

/// Writes families whose values are looked up when a page is made, rather than kept in instruments.
public protocol Collector: Sendable {
  /// What errors are counted under; one name in a registry is one collector.
  var name: String { get }
  /// Writes whole families. Pages may be made at the same time, and nobody waits for a scrape's sake: it writes what is known.
  ///
  /// When it throws, nothing that it wrote remains on the page, and the registry counts an error under its name.
  func collect(into encoder: inout TextEncoder) throws
}
