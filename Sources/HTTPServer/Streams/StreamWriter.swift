// What a stream's producer writes to.

/// The producer's end of a stream's body.
package struct StreamWriter: Sendable {
  private let pipe: StreamPipe

  init(_ pipe: StreamPipe) {
    self.pipe = pipe
  }

  /// Sends bytes, as soon as those before them are gone; an empty chunk is nothing.
  ///
  /// It returns at once while at most 64 KiB are on their way, and otherwise when the client has read enough; it keeps a larger chunk
  /// until then, so let chunks be small. Nothing is put between the bytes of one chunk: let it be a whole line or event. Chunks of several
  /// tasks go out one after the other.
  ///
  /// The end of the stream wakes a writer that waits. The cancellation of a task of the producer's own does not.
  /// - Throws: why the stream takes no more; the chunk is not sent then, and the producer should return.
  package func write(_ bytes: [UInt8]) async throws(StreamClosed) {
    try await pipe.write(bytes)
  }
}
