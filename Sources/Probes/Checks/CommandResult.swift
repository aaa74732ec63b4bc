// How a command ended.

/// The end of a command. `output` is what it wrote to standard output and error: the first 4 KiB at most.
package enum CommandResult: Sendable, Equatable {
  case exited(code: Int32, output: [UInt8])
  /// Ended by a signal that was not ours.
  case signaled(Int32, output: [UInt8])
  /// Killed by the runner at the deadline.
  case timedOut(output: [UInt8])
  /// Never ran; the sentence says why (step and error of the spawn).
  case failed(String)
}
