// What is said of failures and restarts, and when their counters are written down.

import Orchestration
import Testing

@testable import Stoker

@Suite struct RestartWordsTests {
  private let graph: DependencyGraph

  init() throws {
    graph = try DependencyGraph([ServiceSpec(name: "dao"), ServiceSpec(name: "edge")])
  }

  @Test("a cause has the world's words where the world said any, and else the core's")
  func failures() {
    var failures = Failures()
    #expect(failures.words(of: .startFailed(.spawn), in: graph) == "its process could not be started")
    failures.note("executing '/x': No such file or directory", as: .startFailed(.spawn))
    failures.note("database refused", as: .exited(.code(1)))
    failures.note("unhealthy: status 500", as: .unhealthy)
    #expect(failures.words(of: .startFailed(.spawn), in: graph) == "executing '/x': No such file or directory")
    #expect(failures.words(of: .exited(.code(1)), in: graph) == "database refused")
    #expect(failures.words(of: .unhealthy, in: graph) == "unhealthy: status 500")
    // Another end is another cause.
    #expect(failures.words(of: .exited(.code(3)), in: graph) == "exited with code 3")
    #expect(failures.words(of: .exited(.signal(9, coreDumped: false)), in: graph) == "killed by SIGKILL")
    #expect(failures.words(of: .startFailed(.hook), in: graph) == "its pre-start hook failed")
    #expect(failures.words(of: .dependency(ServiceID(0)), in: graph) == "because of dao")
    failures.note("unhealthy: status 503", as: .unhealthy)
    #expect(failures.words(of: .unhealthy, in: graph) == "unhealthy: status 503")
  }

  private func restart(_ reason: RestartReason, _ words: String, attempt: Int = 0, limit: Int? = 3) -> RestartRecord {
    RestartRecord(run: 2, at: Timestamp(nanoseconds: 0), reason: reason, words: words, attempt: attempt, limit: limit)
  }

  @Test("an attempt is numbered, with the limit where there is one; other restarts say who asked, or what they follow")
  func sentences() {
    #expect(restart(.exit, "exited with code 3", attempt: 2).sentence == "restart 2 of 3 (exited with code 3)")
    #expect(restart(.signal, "killed by SIGKILL", attempt: 7, limit: nil).sentence == "restart 7 (killed by SIGKILL)")
    // The limit was lowered by a reload since.
    #expect(restart(.exit, "exited with code 3", attempt: 2, limit: 1).sentence == "restart 2 (exited with code 3)")
    #expect(restart(.manual, "asked for by api").sentence == "restarted (asked for by api)")
    #expect(restart(.dependency, "because of dao").sentence == "restarted (because of dao)")
  }

  @Test("the history says which restarts nobody asked for", arguments: RestartReason.allCases)
  func causes(_ reason: RestartReason) {
    let isAskedFor = [.manual, .reload].contains(reason)
    #expect(restart(reason, "words", attempt: 1).cause == (isAskedFor ? "words" : "automatic: words"))
  }

  @Test("counters go to the journal when a run is over and when it is restarted, and not for a start")
  func turns() {
    let id = ServiceID(0)
    func isTurn(_ from: Status, _ to: Status) -> Bool { Chronicle.isTurn(.status(id, from: from, to: to, run: 1)) }
    #expect(Chronicle.isTurn(.restarted(id, run: 2, reason: .exit, attempt: 1)))
    let ups: [(Status, Status)] = [
      (.stopped, .waiting), (.stopped, .starting), (.waiting, .starting), (.starting, .running), (.stopped, .running),
      (.backoff, .starting), (.failed, .starting), (.waiting, .stopped), (.backoff, .stopped), (.running, .stopping),
      (.starting, .stopping),
    ]
    #expect(ups.filter { isTurn($0.0, $0.1) }.isEmpty)
    for from in [Status.starting, .running, .stopping] {
      for to in [Status.stopped, .backoff, .completed, .failed, .waiting] { #expect(isTurn(from, to), "\(from) \(to)") }
    }
    // A run that ended while no Stoker was there; and one that is followed by the next at once.
    #expect(isTurn(.stopped, .backoff) && isTurn(.stopped, .failed) && isTurn(.stopping, .starting))
    #expect(!Chronicle.isTurn(.health(id, from: .healthy, to: .unhealthy)) && !Chronicle.isTurn(.initialized))
  }
}
