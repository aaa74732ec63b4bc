// What became of the pipes of a run whose Stoker died.

/// What was found of a run's output when it was adopted.
package struct Adoption: Hashable, Sendable {
  /// What was found of one stream.
  package enum Stream: String, Hashable, Sendable {
    /// It is read on.
    case resumed
    /// The pipe is there, but nobody has it open any more: what was still in it went with the last who had.
    case ended
    /// There is no pipe: nothing of this stream can be read any more.
    case missing
  }

  /// What was found of standard output.
  package var stdout: Stream
  /// What was found of standard error.
  package var stderr: Stream
  /// How many bytes of each stream the dead Stoker can have read at most without having written them (rule 36).
  package var lossBound: Int

  /// Whether all that is still said will be read.
  package var isResumed: Bool { stdout == .resumed && stderr == .resumed }

  /// Names what was found.
  package init(stdout: Stream, stderr: Stream, lossBound: Int) {
    self.stdout = stdout
    self.stderr = stderr
    self.lossBound = lossBound
  }
}
