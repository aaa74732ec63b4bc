// The pipes of a run whose Stoker died, as its successor finds them.

/// The state of a run's output at its adoption.
package struct Adoption: Hashable, Sendable {
  /// The state of one stream.
  package enum Stream: String, Hashable, Sendable {
    /// It is read again.
    case resumed
    /// The pipe is there, but no process has it open: its content was lost with the last one that had.
    case ended
    /// There is no pipe: the rest of this stream cannot be read.
    case missing
  }

  /// The state of standard output.
  package var stdout: Stream
  /// The state of standard error.
  package var stderr: Stream
  /// The largest number of bytes of each stream that the dead Stoker can have read without having written
  /// them (rule 36).
  package var lossBound: Int

  /// Whether all further output will be read.
  package var isResumed: Bool { stdout == .resumed && stderr == .resumed }

  /// Makes the description of an adoption.
  package init(stdout: Stream, stderr: Stream, lossBound: Int) {
    self.stdout = stdout
    self.stderr = stderr
    self.lossBound = lossBound
  }
}
