// Reasons for the end of a stream.

/// The reason why a stream takes no more bytes, thrown by ``StreamWriter/write(_:)``.
package enum StreamClosed: Error, Hashable, Sendable, CustomStringConvertible {
  /// The client has gone.
  case clientLeft
  /// The client read nothing for ``ServerConfiguration/writeTimeout``, and was cut off.
  case tooSlow
  /// The server stops.
  case stopping
  /// The producer has returned, and its writer was kept.
  case ended

  /// The reason in one sentence.
  package var description: String {
    switch self {
    case .clientLeft: "the client has left the stream"
    case .tooSlow: "the client did not read the stream and was cut off"
    case .stopping: "the stream ends because the server stops"
    case .ended: "the stream has ended: its producer has returned"
    }
  }
}
