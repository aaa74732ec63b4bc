// Reports for readers: status, health, why, and the end of a run.

import ArgumentParser
import Orchestration
import Stoker
import Testing

@testable import StokerCommand

struct ReportTests {
  private let services: JSON = [
    "services": [
      "betanet": [
        "status": "backoff", "health": "unhealthy", "pid": nil, "since": "2025-10-22T04:00:00.000Z", "restart_count": 1,
        "restart_attempts": 1, "next_attempt": "2025-10-22T04:00:04.000Z", "last_error": "exited with code 3", "enabled": true,
        "note": "exited with code 3",
      ],
      "dao": [
        "status": "running", "health": "healthy", "pid": 4711, "since": "2025-10-22T03:00:00.000Z", "restart_count": 0,
        "restart_attempts": 0, "next_attempt": nil, "last_error": "an old story", "enabled": true, "note": "",
      ],
      "edge": [
        "status": "stopped", "health": "unknown", "pid": nil, "since": "2025-10-22T04:00:00.000Z", "restart_count": 0,
        "restart_attempts": 0, "next_attempt": nil, "last_error": nil, "enabled": false, "note": "disabled",
      ],
    ],
    "is_ready": false,
  ]

  @Test("status is a line of sums and a row a service, with what matters now in the note")
  func status() throws {
    let table = StatusTable(services, now: try #require(Age.seconds(rfc3339: "2025-10-22T04:00:01.000Z")))
    #expect(table.summary == "3 services: 1 stopped, 1 running, 1 backoff; 1 healthy, 1 unhealthy, 1 unknown; not ready")
    #expect(
      table.lines(width: nil) == [
        "NAME     STATUS   HEALTH      PID  SINCE  RESTARTS  NOTE",
        "betanet  backoff  unhealthy     -     1s         1  restarts in 3s, 1 restart used; exited with code 3",
        "dao      running  healthy    4711     1h         0",
        "edge     stopped  unknown       -     1s         0  disabled",
      ])
  }

  @Test("a service without a check is not said to be healthy, and Stoker's own troubles come first")
  func unchecked() throws {
    let answer: JSON = [
      "services": [
        "dao": ["status": "running", "health": "healthy", "checked": false, "note": ""],
        "edge": ["status": "running", "health": "healthy", "checked": true, "note": ""],
        "job": ["status": "failed", "health": "unhealthy", "checked": false, "note": "exited with code 3"],
      ],
      "is_ready": true, "troubles": [["code": "output_dropped", "sentence": "output of dao was dropped", "services": ["dao"]]],
    ]
    let table = StatusTable(answer, now: 0)
    #expect(table.summary == "3 services: 2 running, 1 failed; 1 healthy, 1 unhealthy, 1 no check; ready")
    let lines = table.styledLines(width: nil)
    #expect(lines[0].plain == "Stoker: output of dao was dropped")
    #expect(lines[4].plain.contains("running  -") && lines[4].plain.hasSuffix("no check"))
    let (dao, edge) = (lines[4].bytes(coloured: true), lines[5].bytes(coloured: true))
    #expect(dao == lines[4].bytes(coloured: false) && edge != lines[5].bytes(coloured: false), "one is green, the other is not")

    var node = NodeState()
    node.replace(
      with: try ServicesAnswer(parsing: (.object((answer.members ?? []) + [JSON.Member("initialized", true)]) as JSON).render()), at: 0)
    let (bare, checked) = (try #require(node.rows["dao"]), try #require(node.rows["edge"]))
    #expect(Column.health.cell(bare, now: 0) == StyledText("no check", .plain))
    #expect(Column.health.cell(checked, now: 0) == StyledText("healthy", .good))
    #expect(Column.state.cell(bare, now: 0) != Column.state.cell(checked, now: 0) && bare.mark != checked.mark)
    var top = TopState(size: TerminalSize(columns: 60, rows: 12), now: 0)
    top.node = node
    #expect(top.frame.count == 12 && top.frame[2].plain == " Stoker: output of dao was dropped")
  }

  @Test("health names what is unwell and why; the exit code is the verdict")
  func health() {
    let report = HealthReport([
      "composite_health": "unhealthy",
      "services": [
        "betanet": [
          "status": "unhealthy", "consecutive_failures": 3, "last_check": ["passed": false, "message": "answered 500 instead of 200-299"],
        ],
        "dao": ["status": "healthy", "consecutive_failures": 0, "last_check": ["passed": true, "message": "200"]],
        "crash": ["status": "unhealthy", "service_status": "backoff", "consecutive_failures": 0, "last_check": nil],
        "job": ["status": "healthy", "service_status": "completed", "checked": false, "consecutive_failures": 0, "last_check": nil],
        "bare": ["status": "healthy", "service_status": "running", "checked": false, "consecutive_failures": 0, "last_check": nil],
        "off": ["status": "unknown", "service_status": "stopped", "checked": true, "consecutive_failures": 0, "last_check": nil],
        "edge": ["status": "degraded", "consecutive_failures": 1, "last_check": ["passed": false, "message": "no answer"]],
      ],
    ])
    #expect(
      report.lines([]) == [
        "unhealthy",
        "  betanet  unhealthy  3 failed checks in a row: answered 500 instead of 200-299",
        "  crash    unhealthy  backoff",
        "  edge     degraded   1 failed check: no answer",
      ])
    #expect(report.lines(["dao"]) == ["dao  healthy"])
    #expect(report.lines(["job", "bare", "off"]) == ["job   healthy  completed", "bare  healthy  no check", "off   unknown  stopped"])
    #expect(report.worst(of: []).exitCode == 2)
    #expect(report.worst(of: ["dao"]).exitCode == 0)
    #expect(report.worst(of: ["dao", "edge"]).exitCode == 1)
    #expect(report.health(of: "daoo") == nil)
  }

  @Test("why says no check of a service that runs without one, and health of one that has completed")
  func whyUnchecked() {
    func facts(_ status: String, _ health: String) -> String? {
      WhyText.lines(["sentence": "s", "status": .string(status), "health": .string(health), "checked": false], now: 0).last
    }
    #expect(facts("running", "healthy") == "  running, no check")
    #expect(facts("completed", "healthy") == "  completed, health healthy")
    #expect(facts("backoff", "unhealthy") == "  backoff, health unhealthy")
  }

  @Test("a service that is held up by another is not unhealthy in red: no more is known than that it does not run")
  func heldUp() {
    func row(_ isHeldUp: JSON) -> JSON {
      ["status": "waiting", "health": "unhealthy", "held_up": isHeldUp, "note": "waits for dao, which failed"]
    }
    let shown = ShownHealth(row(true))
    #expect(shown.word == "not running" && shown.column == "-" && shown.style == .faint)
    #expect(ShownHealth(row(false)).word == "unhealthy")
    let table = StatusTable(["services": ["a": row(true), "b": row(false)], "is_ready": false], now: 0)
    #expect(table.summary == "2 services: 2 waiting; 1 unhealthy, 1 not running; not ready")
    let line = table.styledLines(width: nil)[3]
    #expect(line.plain.hasPrefix("a     waiting  -  ") && !line.pieces.contains { $0.style == .bad })
    #expect(Status.waiting.style == .busy)
    #expect(WhyText.lines(row(true), now: 0)[1] == "  waiting")
  }

  @Test("on a terminal, sentences are broken at words, and commands stay whole; a long name leaves room for notes")
  func wrapping() {
    let lines = ["edge waits for dao to be healthy", "  - dao failed 3 s ago: exited", "  stoker logs dao --config /somewhere/else"]
    #expect(
      WhyText.wrapped(lines, to: 24) == [
        "edge waits for dao to be", "healthy", "  - dao failed 3 s ago:", "    exited", "  stoker logs dao --config /somewhere/else",
      ])
    let name = String(repeating: "n", count: 40)
    let service: JSON = ["status": "failed", "health": "unhealthy", "note": "exited with code 1: no space left on device"]
    let services = JSON.object([JSON.Member(name, service)])
    let table = StatusTable(["services": services, "is_ready": false, "troubles": [["sentence": "a b"]]], now: 0)
    let shown = table.styledLines(width: 80).map(\.plain)
    #expect(shown[0] == "Stoker: a b" && shown.last?.hasPrefix("nnnnnnnnnnnnn…nnnnnnnnnnnn  failed") == true)
    #expect(shown.allSatisfy { TextWidth.of($0) <= 80 } && shown.last?.contains("exited with code 1: no") == true)
    #expect(table.lines(width: nil).last?.hasPrefix(name) == true)
  }

  @Test("where notes would be cut, the numbers of processes and restarts go first, and names keep their ends; without notes all stays")
  func narrowStatus() {
    func table(_ note: String, letters: Int) -> [String] {
      let rows = ["a", "b"].map { end in
        let row: JSON = ["status": "failed", "health": "unhealthy", "pid": nil, "restart_count": 3, "note": JSON(note)]
        return JSON.Member(String(repeating: "n", count: letters) + end, row)
      }
      return StatusTable(["services": .object(rows), "is_ready": false], now: 0).lines(width: 80)
    }
    let cut = table("gave up: exited with code 1: \"no space left on device\"", letters: 38)
    #expect(cut[0].split(separator: " ") == ["NAME", "STATUS", "HEALTH", "SINCE", "NOTE"])
    #expect(cut[1].hasPrefix("nnnnnnnnnnnnn…nnnnnnnnnnna  failed  unhealthy      -  gave up: exited with cod"))
    #expect(cut[2].hasPrefix("nnnnnnnnnnnnn…nnnnnnnnnnnb  failed"))
    #expect(table("short", letters: 20)[0].contains("PID"))
    #expect(table("", letters: 38)[1].hasPrefix("\(String(repeating: "n", count: 38))a  failed"))
  }

  @Test("a zone is its difference from UTC, with minutes where it has some; no time of an answer breaks it")
  func zones() {
    #expect([0, 3600, 19_800, -14_400, -12_600].map(TimeOfDay.zone) == ["UTC", "UTC+1", "UTC+5:30", "UTC-4", "UTC-3:30"])
    for time in [Double.infinity, -.infinity, .nan, 1e300] {
      #expect(TimeOfDay.zoned(time).contains(" UTC") && TimeOfDay.day(time).count >= 10)
    }
  }

  @Test("why is the sentence, the causes indented below what they explain, and the advice")
  func why() throws {
    let now = try #require(Age.seconds(rfc3339: "2025-10-22T04:03:00.000Z"))
    let lines = WhyText.lines(
      [
        "sentence": "betanet waits for onion to be healthy", "status": "waiting", "health": "unknown", "since": "2025-10-22T04:02:00Z",
        "causes": [
          [
            "sentence": "onion failed", "status": "failed", "health": "unhealthy", "since": "2025-10-22T04:00:00Z", "restart_attempts": 3,
            "restart_limit": 3, "last_error": "exited with code 1",
            "last_failures": [["timestamp": "2025-10-22T03:59:59.000Z", "message": "connection refused"]], "causes": [],
          ]
        ],
        "advice": ["stoker logs onion", "stoker restart --force onion"],
      ], now: now, options: " --config fog.yaml")
    #expect(
      lines == [
        "betanet waits for onion to be healthy",
        "  waiting for 1m, health unknown, since \(TimeOfDay.zoned(now - 60))",
        "  - onion failed",
        "      failed for 3m, health unhealthy, since \(TimeOfDay.zoned(now - 180))",
        "      3 of 3 restarts used",
        "      last error: exited with code 1",
        "      3m 1s ago: connection refused",
        "",
        "What you can do:",
        "  stoker logs onion --config fog.yaml",
        "  stoker restart --force onion --config fog.yaml",
      ])
  }

  @Test("the last line of a run says how it went, and the exit code says the same")
  func end() {
    func summary(_ killed: [Int], _ leftOver: [Int]) -> StopSummary {
      StopSummary(
        StopReport(killed: killed.map { ServiceID($0) }, leftOver: leftOver.map { ServiceID($0) }), names: ["dao", "edge", "onion"])
    }
    let time = Duration.milliseconds(1234)
    #expect(summary([], []).sentence(after: time) == "all 3 services stopped in 1.2 s")
    #expect(summary([], []).exitCode == 0)
    #expect(summary([1], []).sentence(after: time) == "all 3 services stopped in 1.2 s; had to be killed: edge")
    #expect(summary([1], []).exitCode == 10)
    #expect(
      summary([1, 2], [2]).sentence(after: time)
        == "2 of 3 services stopped in 1.2 s; had to be killed: edge; left over even after SIGKILL: onion")
    #expect(summary([1, 2], [2]).exitCode == 11)
  }

  @Test(
    "a name in a path is encoded, whatever somebody types",
    arguments: [("vpn_coordinator", "vpn_coordinator"), ("a/b?c", "a%2Fb%3Fc"), ("..", "%2E%2E"), ("a.b", "a.b"), ("ü", "%C3%BC")])
  func paths(name: String, encoded: String) {
    #expect(Connection.encoded(name) == encoded)
  }

  @Test("every exit code stands in the help text")
  func exitCodes() {
    let help = StokerCommand.helpMessage(columns: 200)
    for status in ExitStatus.allCases { #expect(help.contains("  \(status.rawValue) ") && help.contains(status.meaning)) }
  }

  @Test("the facts about a service have a line each, with what matters now on top")
  func facts() throws {
    let service: JSON = [
      "service": "web", "status": "backoff", "health": "unhealthy", "checked": true, "kind": "process", "is_critical": true,
      "enabled": true,
      "since": "2025-10-22T04:00:00.000Z", "next_attempt": "2025-10-22T04:00:04.000Z", "note": "exited with code 3", "pid": nil, "run": 4,
      "restart_count": 3, "restart_attempts": 1, "restart_limit": 5, "last_error": "exited with code 3",
      "last_error_at": "2025-10-22T04:00:00.000Z", "labels": ["tier": "edge"], "endpoints": ["http": "http://127.0.0.1:80"],
      "dependencies": [
        "required": ["db"], "optional": [], "dependents": ["edge"], "layer": 1,
        "states": [["name": "db", "status": "running", "health": "healthy", "checked": false]],
      ],
      "log": ["path": "/var/log/web.log", "mode": "pipe", "in_memory_since": "2025-10-22T03:00:00.000Z"],
      "last_output": ["stream": "stderr", "text": "no \u{1B}[2J table", "at": "2025-10-22T04:00:00.000Z"],
    ]
    let now = try #require(Age.seconds(rfc3339: "2025-10-22T04:00:01.000Z"))
    let lines = ServiceFacts(service: service, now: now).report(width: nil).map(\.plain)
    #expect(lines[0] == "web: backoff, unhealthy")
    #expect(lines[1].hasPrefix(" since       ") && lines[1].hasSuffix("(1s)"))
    #expect(
      Array(lines.dropFirst(2)) == [
        " next        restarts in 3s", " note        exited with code 3", " kind        process, critical", " labels      tier=edge",
        " restarts    3 in all; 1 automatic ones in a row, of 5", " last error  1s ago: exited with code 3",
        " requires    db (running, no check)", " needed by   edge", " layer       1", " endpoints   http http://127.0.0.1:80",
        " log         /var/log/web.log", " last line   stderr, 1s ago: no \\x1b[2J table",
      ])
    #expect(ServiceFacts(service: service, now: now).report(width: 30).allSatisfy { $0.width <= 30 })
  }

  @Test("memory that does not reach back so far is said to, with the place of the other lines")
  func memory() throws {
    let service: JSON = ["service": "web", "log": ["path": "/var/log/web.log", "in_memory_since": "2025-10-22T03:00:00.000Z"]]
    let begin = try #require(Age.seconds(rfc3339: "2025-10-22T03:00:00.000Z"))
    func note(_ service: JSON, _ since: Double) -> String? {
      MemoryNote.text(of: service, since: Timestamp(nanoseconds: Int64(since) * 1_000_000_000), now: begin)
    }
    #expect(note(service, begin) == nil && note(["service": "out", "log": nil], 0) == nil)
    #expect(note(["service": "web", "log": ["path": nil, "in_memory_since": nil]], 0) == nil)
    let text = try #require(note(service, begin - 1))
    #expect(text.hasPrefix("web: Stoker has no lines in memory from before ") && text.hasSuffix("(/var/log/web.log.1, .2.gz …)"))
  }
}
