// The exit of a main process.

/// The exit of a main process: the status from the kernel, with what is known about its reason.
package enum Exit: Hashable, Sendable {
  /// It exited with this code, 0 to 255.
  case code(Int32)
  /// A signal ended it: the number of the signal, and whether a core was dumped.
  case signal(Int32, coreDumped: Bool)
  /// The kernel killed it because memory had run out: its own limit, or the machine's memory.
  case outOfMemory
  /// Its exit status is not known: it was not our child, or another process waited for it.
  case unknown
}

extension Exit {
  /// The exit in a few words.
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

/// The outcome of a run: the label `outcome` of `stoker_service_exits_total`.
package enum ExitOutcome: String, Sendable, CaseIterable {
  case success, failure, signal, oom
}
