// The exec check.

import Glibc

extension Prober {
  /// Has the command run and reads its end. The deadline is the runner's to hold, since it alone can kill what was started.
  func check(_ probe: ExecProbe, until deadline: ProbeDeadline) async -> Verdict {
    switch await commands.run(probe, timeout: deadline.timeout) {
    case .exited(code: 0, output: _): .passed("exit code 0")
    case .exited(let code, let output): .failed("exit code \(code)", output)
    case .signaled(let signal, let output): .failed("killed by \(signalName(signal))", output)
    case .timedOut(let output): .failed("no exit within \(deadline.timeout.text), killed", output)
    case .failed(let reason): .failed(reason, [])
    }
  }
}

extension Verdict {
  /// With the first line of the output that says something.
  fileprivate static func failed(_ message: String, _ output: [UInt8]) -> Verdict {
    let line = String(decoding: output, as: UTF8.self)
      .split { $0.isNewline }
      .first { !$0.allSatisfy(\.isWhitespace) }
    return Verdict(passed: false, message: line.map { "\(message): \($0)" } ?? message)
  }
}

/// `SIGSEGV`, or the number of a signal without a name.
private func signalName(_ signal: Int32) -> String {
  switch signal {
  case SIGHUP: "SIGHUP"
  case SIGINT: "SIGINT"
  case SIGQUIT: "SIGQUIT"
  case SIGILL: "SIGILL"
  case SIGTRAP: "SIGTRAP"
  case SIGABRT: "SIGABRT"
  case SIGBUS: "SIGBUS"
  case SIGFPE: "SIGFPE"
  case SIGKILL: "SIGKILL"
  case SIGUSR1: "SIGUSR1"
  case SIGSEGV: "SIGSEGV"
  case SIGUSR2: "SIGUSR2"
  case SIGPIPE: "SIGPIPE"
  case SIGALRM: "SIGALRM"
  case SIGTERM: "SIGTERM"
  case SIGXCPU: "SIGXCPU"
  case SIGXFSZ: "SIGXFSZ"
  case SIGSYS: "SIGSYS"
  default: "signal \(signal)"
  }
}
