// What is sent on a stream on which nothing happens.

/// Bytes that are sent when nothing else was for a while, so that both ends notice a connection that is dead.
package struct StreamHeartbeat: Hashable, Sendable {
  /// How long nothing was sent.
  package let interval: Duration
  /// What is sent then.
  package let bytes: [UInt8]

  /// Makes a heartbeat; the interval is above 0, and there is at least one byte.
  package init(every interval: Duration, _ bytes: [UInt8]) {
    precondition(interval > .zero && !bytes.isEmpty, "a heartbeat has bytes and an interval above 0")
    self.interval = interval
    self.bytes = bytes
  }
}
