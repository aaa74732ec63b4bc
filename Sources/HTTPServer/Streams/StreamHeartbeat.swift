// Heartbeats of silent streams.

/// Bytes that are sent after a silence, so that both ends notice a dead connection.
package struct StreamHeartbeat: Hashable, Sendable {
  /// The length of the silence.
  package let interval: Duration
  /// The bytes.
  package let bytes: [UInt8]

  /// Makes a heartbeat; the interval is above 0, and there is at least one byte.
  package init(every interval: Duration, _ bytes: [UInt8]) {
    precondition(interval > .zero && !bytes.isEmpty, "a heartbeat has bytes and an interval above 0")
    self.interval = interval
    self.bytes = bytes
  }
}
