// The writer of a stream's producer.

/// The producer's end of a stream's body.
package struct StreamWriter: Sendable {
  private let pipe: StreamPipe

  init(_ pipe: StreamPipe) {
    self.pipe = pipe
  }

  /// Sends bytes after those before them; an empty chunk has no effect.
  ///
  /// It returns at once while at most 64 KiB are on their way, and otherwise when the client has read enough; it keeps a larger chunk
  /// until then, so chunks should be small. The bytes of one chunk stay together: it should be a whole line or event. Chunks of several
  /// tasks go out one after the other.
  ///
  /// The end of the stream wakes a writer that waits. The cancellation of a task of the producer's own does not.
  /// - Throws: the reason why the stream takes no more; the chunk is not sent then, and the producer should return.
  package func write(_ bytes: [UInt8]) async throws(StreamClosed) {
    try await pipe.write(bytes)
  }
}
