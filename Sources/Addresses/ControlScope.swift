// The scope of control: the local addresses from which changes are accepted.

/// Which local clients may change something.
public enum ControlScope: String, Hashable, Sendable, CaseIterable {
  /// Clients over loopback TCP, which every local user can be, and over Unix sockets.
  case loopback
  /// Clients over Unix sockets only.
  case socket
}
