// The last line of `run`: the result of the full stop, in words and as an exit code (rule 24).

import Orchestration

struct StopSummary {
  private let count: Int
  private let killed: [String]
  private let leftOver: [String]
  /// The exit code of `run`.
  let exitCode: Int32

  /// - Parameter names: The services' names, by their index.
  init(_ report: StopReport, names: [String]) {
    count = names.count
    killed = report.killed.map { names[$0.index] }
    leftOver = report.leftOver.map { names[$0.index] }
    exitCode = report.exitCode
  }

  var isClean: Bool {
    killed.isEmpty && leftOver.isEmpty
  }

  /// `all 10 services stopped in 1.2 s`, with the services that were killed or are left over.
  /// - Parameter time: From the signal to the end.
  func sentence(after time: Duration) -> String {
    let ended = killed.filter { !leftOver.contains($0) }
    let subject = count == 1 ? "the service" : leftOver.isEmpty ? "all \(count) services" : "\(count - leftOver.count) of \(count) services"
    var sentence = "\(subject) stopped in \(Age.long(time))"
    if count == leftOver.count { sentence = "nothing stopped within \(Age.long(time))" }
    if !ended.isEmpty { sentence += "; had to be killed: \(ended.joined(separator: ", "))" }
    if !leftOver.isEmpty { sentence += "; left over even after SIGKILL: \(leftOver.joined(separator: ", "))" }
    return sentence
  }
}
