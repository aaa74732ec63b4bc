// An entry that a program registers in the registry.

/// A registration in the registry.
struct Registration: Sendable {
  var name: String
  var type: String
  var timeToLive: Duration?
  /// The whole registration, as JSON text.
  var payload: String
}
