// The size of the registry.

/// The size of all self-registered entries together, and its limit, in bytes (rule 75).
package struct RegistrySize: Sendable, Hashable {
  /// The largest size, unless the service file has another: 32 MiB.
  package static let defaultLimit = 32 << 20

  /// The size now.
  package var used: Int
  /// The largest size.
  package var limit: Int

  /// A size.
  package init(used: Int, limit: Int) {
    self.used = used
    self.limit = limit
  }
}
