// The exec check.

import Orchestration

extension Prober {
  /// Runs the command and judges its end. The runner keeps the deadline, since only it can kill the command's processes.
  func check(_ probe: ExecProbe, until deadline: ProbeDeadline) async -> Finding {
    switch await commands.run(probe, timeout: deadline.timeout) {
    case .exited(code: 0, output: _): .passed("exit code 0")
    case .exited(let code, let output): .failed("exit code \(code)", output)
    case .signaled(let signal, let output): .failed("killed by \(Exit.signalName(signal))", output)
    case .timedOut(let output): .failed("no exit within \(deadline.timeout.text), killed", output)
    case .failed(let reason): .failed(reason, [])
    case .unmade(let reason): Finding(passed: false, isMade: false, message: reason)
    }
  }
}

extension Finding {
  /// A failure with the first line of output that is not blank.
  fileprivate static func failed(_ message: String, _ output: [UInt8]) -> Finding {
    let line = String(decoding: output, as: UTF8.self)
      .split { $0.isNewline }
      .first { !$0.allSatisfy(\.isWhitespace) }
    guard let line else { return Finding(passed: false, message: message) }
    return Finding(passed: false, message: "\(message): \(line)", withoutOutput: message)
  }
}
