// The texts of failures and restarts, and the changes after which counters go to the journal.

import Testing

@testable import Orchestration
@testable import Stoker

@Suite struct RestartWordsTests {
  private let graph: DependencyGraph

  init() throws {
    graph = try DependencyGraph([ServiceSpec(name: "dao"), ServiceSpec(name: "edge")])
  }

  @Test("a cause has the drivers's words where the drivers said any, and else the core's")
  func failures() {
    var failures = FailureTexts()
    #expect(failures.text(of: .startFailed(.spawn), in: graph) == "its process could not be started")
    failures.note("executing '/x': No such file or directory", as: .startFailed(.spawn))
    failures.note("database refused", as: .exited(.code(1)))
    failures.note("unhealthy: status 500", as: .unhealthy)
    #expect(failures.text(of: .startFailed(.spawn), in: graph) == "executing '/x': No such file or directory")
    #expect(failures.text(of: .exited(.code(1)), in: graph) == "database refused")
    #expect(failures.text(of: .unhealthy, in: graph) == "unhealthy: status 500")
    // Another end is another cause.
    #expect(failures.text(of: .exited(.code(3)), in: graph) == "exited with code 3")
    #expect(failures.text(of: .exited(.signal(9, coreDumped: false)), in: graph) == "killed by SIGKILL")
    #expect(failures.text(of: .startFailed(.hook), in: graph) == "its pre-start hook failed")
    #expect(failures.text(of: .dependency(ServiceID(0)), in: graph) == "because of dao")
    failures.note("unhealthy: status 503", as: .unhealthy)
    #expect(failures.text(of: .unhealthy, in: graph) == "unhealthy: status 503")
  }

  @Test("the last error is how a run failed: not a clean end, nor one that was asked for, nor a failed check that was not the reason")
  func lastErrors() {
    var record = ServiceRecord()
    let policy = RestartPolicy(rule: .onFailure)
    let at = Timestamp(nanoseconds: 0)
    func check(_ text: String) -> CheckRecord {
      CheckRecord(at: Timestamp(nanoseconds: 0), passed: false, health: .degraded, message: Sentence(text), responseTime: nil)
    }
    record.append(check("status 500"), limit: 10)
    record.failures.note("unhealthy: status 500", as: .unhealthy)
    record.noteError(health: .degraded, .check(passed: false, streak: 1), at: at, in: graph)
    record.noteError(health: .unhealthy, .exited(.code(3)), at: at, in: graph)
    record.noteError(status: .completed, .exited(.code(0)), policy, run: 1, at: at, in: graph)
    record.noteError(status: .stopped, .exited(.code(3)), policy, run: 1, at: at, in: graph)
    record.noteError(status: .backoff, .exited(.code(0)), policy, run: 1, at: at, in: graph)
    record.noteError(status: .stopping, .requested(.boot), policy, run: 1, at: at, in: graph)
    #expect(record.lastError == nil)
    record.noteError(status: .backoff, .exited(.code(3)), policy, run: 1, at: at, in: graph)
    #expect(record.lastError?.sentence == "exited with code 3")
    record.noteError(status: .backoff, .exited(.code(0)), RestartPolicy(rule: .always), run: 1, at: at, in: graph)
    #expect(record.lastError?.sentence == "exited with code 0")
    record.noteError(health: .unhealthy, .check(passed: false, streak: 3), at: at, in: graph)
    #expect(record.lastError?.sentence == "unhealthy: status 500")
    record.noteError(status: .stopping, .watchdog, policy, run: 1, at: at, in: graph)
    #expect(record.lastError?.sentence == "its watchdog received no notification in time")
    // Unhealthy all along: its health does not change with the next end, but the end has a reason of its own.
    record.failures.note("unhealthy: status 503", as: .unhealthy)
    record.noteError(status: .stopping, .unhealthy, policy, run: 1, at: at, in: graph)
    #expect(record.lastError?.sentence == "unhealthy: status 503")
    record.recovered()
    #expect(record.lastError == nil && record.lastFailure?.sentence == "unhealthy: status 503")
    record.noteError(status: .stopping, .unhealthy, policy, run: 2, at: at, in: graph)
    #expect(record.lastError?.sentence == "unhealthy: status 503")
  }

  @Test("the end of a run has the last line of that run, which may come later, and of no other; its time is that of the end")
  func lastLines() {
    var record = ServiceRecord()
    let policy = RestartPolicy()
    func note(_ cause: Cause, _ status: Status, run: UInt64, at seconds: Int64) {
      record.noteError(status: status, cause, policy, run: run, at: Timestamp(nanoseconds: seconds * 1_000_000_000), in: graph)
    }
    note(.exited(.code(1)), .stopping, run: 4, at: 1)
    record.ended(4, waitsUntil: Instant(nanoseconds: 7))
    #expect(record.lastError?.sentence == "exited with code 1" && record.unread?.until == Instant(nanoseconds: 7))
    #expect(record.read("no route", of: 4)?.line == "no route" && record.unread == nil)
    let quoted = Sentence("exited with code 1: \"no route\"", withoutOutput: "exited with code 1")
    #expect(record.lastError?.sentence == quoted)
    // Its hook fails, and the end is named once more.
    record.fail("post-stop hook: it exited with code 2", at: Timestamp(nanoseconds: 2))
    #expect(record.lastError?.sentence == "post-stop hook: it exited with code 2")
    note(.exited(.code(1)), .backoff, run: 4, at: 3)
    note(.exited(.code(1)), .failed, run: 4, at: 5)
    #expect(record.lastError?.sentence == quoted && record.lastError?.at == Timestamp(nanoseconds: 3_000_000_000))
    // The next run ends in the same way and says nothing; a line of an older one comes late.
    note(.exited(.code(1)), .backoff, run: 5, at: 6)
    #expect(record.read(nil, of: 5) == nil && record.read("too late", of: 4) == nil)
    #expect(record.lastError?.sentence == "exited with code 1" && record.lastError?.at == Timestamp(nanoseconds: 6_000_000_000))
    record.noteError(health: .unhealthy, .check(passed: false, streak: 3), at: Timestamp(nanoseconds: 7), in: graph)
    #expect(record.read("shutting down", of: 6) == nil)
    #expect(record.lastError?.sentence == "too many checks failed", "a failed check is the cause, not what the process says at its end")
  }

  @Test("a line of output in a sentence has no colours and no controls, and is bounded")
  func quotedLines() {
    let lines = [
      ("could not connect", "could not connect"), ("\u{1B}[1;31mERROR\u{1B}[0m\tno route\r", "ERROR no route"),
      ("a\u{1B}[2Jb\u{7}c\u{9B}d\u{202E}e", "a\\x1b[2Jb\\x07c\\u{9b}d\\u{202e}e"), ("\u{1B}[31", "\\x1b[31"), ("  \u{1B}[0m  x", "x"),
      ("\r1 %\r100 %\r", "100 %"), ("\u{1B}[01mx.c:1:\u{1B}[K error\u{1B}[m\u{1B}[K", "x.c:1: error"),
    ]
    for (line, shown) in lines { #expect(QuotedLine.shown(line) == shown) }
    #expect(QuotedLine.shown(String(repeating: "ä", count: 300)) == String(repeating: "ä", count: 100) + "…")
    #expect(QuotedLine.last(of: ["LINE 1: SELEKT 1", "        ^", "\u{1B}[0m", ""]) == "LINE 1: SELEKT 1")
    #expect(QuotedLine.last(of: ["^^^", ""]) == nil)
    #expect(QuotedLine.last(of: [String(repeating: " ", count: 250) + "\u{1B}[31m  ERROR real"]) == "ERROR real")
  }

  @Test("an unhealthy service is reported with the message of its failed check, and without one if no check failed")
  func healths() {
    var record = ServiceRecord()
    let failed = CheckRecord(at: Timestamp(nanoseconds: 0), passed: false, health: .degraded, message: "status 500", responseTime: nil)
    record.append(failed, limit: 10)
    var values = ServiceView.Values()
    values.state = .backoff(until: Instant(nanoseconds: 0), delay: .seconds(2), after: .exit(.code(3)))
    let words = ServiceMessages(graph: graph, view: ServiceView(id: ServiceID(0), values: values), record: record)
    #expect(words.health(.degraded, .check(passed: false, streak: 1)) == "degraded: status 500")
    #expect(words.health(.unhealthy, .exited(.code(3))) == "unhealthy")
    #expect(words.status(.backoff, .exited(.code(3))) == "restarts in 2 s (exited with code 3)")
    #expect(words.status(.failed, .startFailed(.spawn)) == "failed (its process could not be started)")
    #expect(words.gaveUp(after: 3) == "gave up after 3 restarts; 'stoker start dao' tries again")
    #expect(words.gaveUp(after: 1) == "gave up after 1 restart; 'stoker start dao' tries again")
    values.lost = [Blocker(ServiceID(1), .required(.healthy))]
    let lost = ServiceMessages(graph: graph, view: ServiceView(id: ServiceID(0), values: values), record: record)
    #expect(lost.gaveUp(after: 3) == "gave up after 3 restarts; it needs edge, and starts again when that is there")
    #expect(words.leftOver([4, 7]) == "left over after SIGKILL: pid 4, 7")
    #expect(words.leftOver(nil) == "left over after SIGKILL: its task")
  }

  @Test("a stop that was asked for names the request, and beside it the end of the process")
  func stops() {
    var values = ServiceView.Values()
    values.wishCause = .requestedFor(ServiceID(1), .commandLine(peer: ""))
    let words = ServiceMessages(graph: graph, view: ServiceView(id: ServiceID(0), values: values), record: ServiceRecord())
    let reason = "requested by the command line for edge"
    #expect(words.status(.stopped, .exited(.code(3))) == Sentence("stopped (\(reason); exited with code 3)"))
    #expect(words.status(.stopped, .killed) == Sentence("stopped (\(reason); it did not end in time and was killed)"))
    #expect(words.status(.stopped, values.wishCause) == Sentence("stopped (\(reason))"))
    #expect(words.status(.stopping, .exited(.code(3))) == "stopping (exited with code 3)")
  }

  private func restart(_ reason: RestartReason, _ words: String, attempt: Int = 0, limit: Int? = 3) -> RestartRecord {
    RestartRecord(run: 2, at: Timestamp(nanoseconds: 0), reason: reason, text: Sentence(words), attempt: attempt, limit: limit)
  }

  @Test("an attempt is numbered, with the limit if there is one; other restarts have their origin or their cause")
  func sentences() {
    #expect(restart(.exit, "exited with code 3", attempt: 2).sentence == "restart 2 of 3 (exited with code 3)")
    #expect(restart(.signal, "killed by SIGKILL", attempt: 7, limit: nil).sentence == "restart 7 (killed by SIGKILL)")
    // The limit was lowered by a reload since.
    #expect(restart(.exit, "exited with code 3", attempt: 2, limit: 1).sentence == "restart 2 (exited with code 3)")
    #expect(restart(.manual, "requested by api").sentence == "restarted (requested by api)")
    #expect(restart(.dependency, "because of dao").sentence == "restarted (because of dao)")
  }

  @Test("the history marks restarts that are automatic", arguments: RestartReason.allCases)
  func causes(_ reason: RestartReason) {
    let isAskedFor = [.manual, .reload].contains(reason)
    #expect(restart(reason, "words", attempt: 1).cause == (isAskedFor ? "words" : "automatic: words"))
  }
}
