// The end of a check's command.

/// The end of a command. `output` is its standard output and error, at most the first 4 KiB.
package enum CommandResult: Sendable, Equatable {
  case exited(code: Int32, output: [UInt8])
  /// Ended by a signal that Stoker did not send.
  case signaled(Int32, output: [UInt8])
  /// Killed by the runner at the deadline.
  case timedOut(output: [UInt8])
  /// Not started; the sentence has step and error of the spawn.
  case failed(String)
  /// Not started, since there was no descriptor for it.
  case unmade(String)
}
