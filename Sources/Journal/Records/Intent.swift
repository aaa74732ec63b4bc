// A person's wish for a service.

/// A person's wish for a service, which outlives Stoker.
package struct Intent: Sendable, Equatable {
  /// The name of the service.
  package let service: String
  /// Whether it is wanted up, or down.
  package let isUp: Bool
  /// The origin of the wish, in words.
  package let by: String
  /// The moment of the wish, in milliseconds since 1970.
  package let at: Int64

  /// A wish. The origin is cut to 1 KiB.
  package init(service: String, isUp: Bool, by: String, at: Int64) {
    self.service = service
    self.isUp = isUp
    self.by = by.kept(upTo: RunEnd.mostWords)
    self.at = at
  }
}
