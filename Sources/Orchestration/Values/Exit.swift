// How a process ended.

/// How a process ended, as the kernel told it.
package enum Exit: Hashable, Sendable {
  /// It returned or called `exit`: the code, 0 to 255.
  case code(Int32)
  /// A signal ended it: the signal's number, and whether a core was dumped.
  case signal(Int32, coreDumped: Bool)
  /// The kernel killed it because memory had run out, its own allowance or the machine's.
  case outOfMemory
  /// It ended, but how could not be learnt: it was not our child, or somebody else waited for it.
  case unknown
}
