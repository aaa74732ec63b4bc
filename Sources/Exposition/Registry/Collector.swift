// Who writes samples at the time of a scrape.

/// Writes families whose values are looked up when a page is made, rather than kept in instruments.
///
/// ```swift
/// struct Queue: Collector {
///   let name = "queue"
///   let length = Family(name: "queue_length", type: .gauge, help: "Jobs that wait.")
///
///   func collect(into page: inout PageWriter) {
///     page.begin(length)
///     page.sample(.none, jobs.count)
///   }
/// }
/// ```
public protocol Collector: Sendable {
  /// What errors are counted under; one name in a registry is one collector.
  var name: String { get }
  /// Writes whole families. One collection is under way at a time, and nobody waits for a scrape's sake: it writes what is known.
  ///
  /// When it throws, nothing that it wrote remains on the page, and the registry counts an error under its name.
  func collect(into page: inout PageWriter) throws
}
