// The meaning of a command's end. Another module runs the commands.

import Glibc
import Testing

@testable import Probes

@Suite("exec check") struct ExecCheckTests {
  @Test(
    "the end of the command is the finding, with the first line that it wrote",
    arguments: [
      (CommandResult.exited(code: 0, output: Array("ready\n".utf8)), true, "exit code 0"),
      (.exited(code: 3, output: Array("\n  \nno server\nsecond line\n".utf8)), false, "exit code 3: no server"),
      (.exited(code: 1, output: []), false, "exit code 1"),
      (.signaled(SIGSEGV, output: []), false, "killed by SIGSEGV"),
      (.signaled(40, output: Array("a\r\nb".utf8)), false, "killed by SIG40: a"),
      (.timedOut(output: Array("waiting".utf8)), false, "no exit within 1.5 s, killed: waiting"),
      (
        .failed("entering the directory /nowhere: No such file or directory"), false,
        "entering the directory /nowhere: No such file or directory"
      ),
    ])
  func results(result: CommandResult, passed: Bool, message: String) async {
    let outcome = await prober(commands: result).run(.exec(ExecProbe(command: ["true"])), timeout: .milliseconds(1500))
    #expect(outcome.passed == passed)
    #expect(outcome.message == message)
    #expect(outcome.details == nil)
  }

  @Test("output that is not text, or has no line end, makes a bounded message without control characters")
  func binaryOutput() async {
    let noise = [UInt8](repeating: 0x1B, count: 100) + [UInt8](repeating: 0xFF, count: 4000)
    let outcome = await prober(commands: .exited(code: 1, output: noise)).run(.exec(ExecProbe(command: ["x"])), timeout: generous)
    #expect(outcome.message.unicodeScalars.count == 256)
    #expect(outcome.message.hasPrefix("exit code 1: "))
    #expect(!outcome.message.unicodeScalars.contains { $0.properties.generalCategory == .control })
  }
}
