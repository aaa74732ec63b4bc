// The core's name for a service.

/// A service's place in the dense arrays of the core: its position in the service file, from 0.
public struct ServiceID: Hashable, Comparable, Sendable {
  /// The position in the service file.
  public let index: Int

  /// The service at `index` of the service file.
  package init(_ index: Int) {
    self.index = index
  }

  /// Whether `left` stands before `right` in the service file.
  public static func < (left: ServiceID, right: ServiceID) -> Bool {
    left.index < right.index
  }
}
