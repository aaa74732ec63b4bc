// What a person wants of a service.

/// What a person wants of a service, over restarts of Stoker.
public struct Intent: Sendable, Equatable {
  /// Which service.
  public let service: String
  /// Whether it is wanted up, or down.
  public let isUp: Bool
  /// Who wants that.
  public let by: String
  /// Since when, in milliseconds since 1970.
  public let at: Int64

  /// A wish. Of the name of who has it 1 KiB is kept.
  public init(service: String, isUp: Bool, by: String, at: Int64) {
    self.service = service
    self.isUp = isUp
    self.by = by.kept(upTo: RunEnd.mostWords)
    self.at = at
  }
}
