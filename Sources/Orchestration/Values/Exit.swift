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

extension Exit {
  /// The end in a few words.
  package var text: String {
    switch self {
    case .code(let code): "exited with code \(code)"
    case .signal(let signal, let coreDumped): "killed by \(Self.signalName(signal))" + (coreDumped ? " (core dumped)" : "")
    case .outOfMemory: "killed by the kernel, out of memory"
    case .unknown: "ended in an unknown way"
    }
  }

  /// The names of the signals from 1 on, which are the same on every architecture that Swift runs on.
  package static let signalNames = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD",
    "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
  ]

  /// The name of a signal of Linux, `SIG34` and so on beyond the table.
  package static func signalName(_ signal: Int32) -> String {
    let index = Int(signal) - 1
    return "SIG" + (signalNames.indices.contains(index) ? signalNames[index] : "\(signal)")
  }
}
