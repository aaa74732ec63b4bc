// What a person wants of a service.

/// What a person wants of a service, over restarts of Stoker.
package struct Intent: Sendable, Equatable {
  /// Which service.
  package let service: String
  /// Whether it is wanted up, or down.
  package let isUp: Bool
  /// Who wants that.
  package let by: String
  /// Since when, in milliseconds since 1970.
  package let at: Int64

  /// A wish. Of the name of who has it 1 KiB is kept.
  package init(service: String, isUp: Bool, by: String, at: Int64) {
    self.service = service
    self.isUp = isUp
    self.by = by.kept(upTo: RunEnd.mostWords)
    self.at = at
  }
}
