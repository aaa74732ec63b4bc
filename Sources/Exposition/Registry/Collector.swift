// The protocol of collectors, which write samples at the time of a scrape.

/// A collector writes families whose values are read when a page is made, instead of being kept in instruments.
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
  /// The name under which errors are counted; unique in a registry.
  var name: String { get }
  /// Writes whole families. Only one collection runs at a time. A collector should not wait, but write the values that
  /// are known.
  ///
  /// If it throws, its families are removed from the page, and the registry counts an error under its name.
  func collect(into page: inout PageWriter) throws
}
