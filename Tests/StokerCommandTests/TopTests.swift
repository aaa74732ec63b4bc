// The live screen: inputs in, effects and frames out.

import Stoker
import Testing

@testable import StokerCommand

struct TopTests {
  private let now = 1_761_105_600.0

  private static let answer = """
    {"success":true,"node":"fog-1","is_ready":false,"initialized":true,"composite_health":"unhealthy","services":{
    "dao":{"status":"running","health":"healthy","pid":4711,"since":"2025-10-22T03:00:00.000Z","restart_count":2,"restart_attempts":0,"last_error":"old","note":"","enabled":true,"kind":"process","layer":0,"cpu_seconds":12.5,"memory_bytes":12582912},
    "edge":{"status":"running","health":"degraded","pid":4712,"since":"2025-10-22T03:50:00.000Z","restart_count":0,"restart_attempts":0,"last_error":"connection refused","note":"","enabled":true,"kind":"process","layer":1,"cpu_seconds":1,"memory_bytes":1048576},
    "harvest":{"status":"waiting","health":"unknown","pid":null,"since":"2025-10-22T03:59:00.000Z","restart_count":0,"restart_attempts":0,"last_error":null,"note":"waits for onion, which is in back-off: exited with code 3","enabled":true,"kind":"process","layer":2},
    "onion":{"status":"backoff","health":"unhealthy","pid":null,"since":"2025-10-22T03:59:59.000Z","restart_count":1,"restart_attempts":1,"next_attempt":"2025-10-22T04:00:04.000Z","last_error":"exited with code 3","note":"exited with code 3","enabled":true,"kind":"process","layer":1}
    }}
    """
  private static let dependencies: JSON = [
    "dependencies": [
      "dao": ["dependencies": [], "optional_dependencies": [], "dependents": ["edge", "onion"]],
      "edge": ["dependencies": [], "optional_dependencies": ["dao"], "dependents": []],
      "onion": ["dependencies": ["dao"], "optional_dependencies": [], "dependents": ["harvest"]],
      "harvest": ["dependencies": ["onion"], "optional_dependencies": [], "dependents": []],
    ]
  ]

  private func top(columns: Int = 120, rows: Int = 12) throws -> TopState {
    var state = TopState(size: TerminalSize(columns: columns, rows: rows), now: now)
    _ = state.take(.dependencies(DependenciesAnswer(Self.dependencies)), at: now)
    _ = state.take(.services(try ServicesAnswer(parsing: Array(Self.answer.utf8))), at: now)
    return state
  }

  private func press(_ state: inout TopState, _ keys: Key...) -> [TopState.Effect] {
    keys.flatMap { state.take(.key($0), at: now) }
  }

  private func event(_ kind: String, _ data: String) throws -> ServiceEvent {
    try #require(ServiceEvent(EventStreamParser.Message(id: "1", kind: kind, data: data)))
  }

  @Test("wide: every column, and of each that is not up the reason")
  func wide() throws {
    let state = try top()
    let lines = state.frame.map(\.plain)
    #expect(lines.count == 12)
    #expect(lines[0].hasPrefix(" fog-1  unhealthy, not ready"))
    #expect(lines[0].contains("live"))
    #expect(lines[1].hasPrefix(" 4 services: 1 waiting, 2 running, 1 backoff  "))
    #expect(lines[1].hasSuffix("CPU 0.0%  memory 13M "))
    #expect(
      lines[2...6].map { String($0.trimmingSuffix { $0 == " " }) } == [
        "    NAME▲    STATE     HEALTH       SINCE   RESTARTS   CPU%   MEM    PID  NOTE",
        "> ● dao      running   healthy         1h          2      -   12M   4711",
        "  ● edge     running   degraded       10m          0      -  1.0M   4712",
        "  … harvest  waiting   unknown         1m          0      -     -      -  waits for onion, which is in back-off: exited…",
        "  ↻ onion    backoff   unhealthy       1s          1      -     -      -  restarts in 4s: exited with code 3",
      ])
    #expect(lines[11].contains("? help") && lines[11].contains("q quit"))
  }

  @Test("narrow: every line fits, the name, the state and the reason stay", arguments: [20, 40, 60, 79])
  func narrow(columns: Int) throws {
    let state = try top(columns: columns)
    for line in state.frame { #expect(line.width <= columns, "\(line.plain)") }
    if columns >= 40 {
      #expect(state.frame.contains { $0.plain.contains("onion") && $0.plain.contains("backoff") })
      #expect(state.frame.last?.plain.contains("q quit") == true)
    }
    if columns == 60 { #expect(state.frame.contains { $0.plain.contains("restarts in 4s") }) }
  }

  @Test("the processor's share is what was used between two readings, of the same process")
  func load() throws {
    var state = try top()
    let later = Self.answer.replacing("\"cpu_seconds\":12.5", with: "\"cpu_seconds\":13.5")
      .replacing("\"pid\":4712", with: "\"pid\":9999")
    _ = state.take(.services(try ServicesAnswer(parsing: Array(later.utf8))), at: now + 2)
    #expect(state.node.rows["dao"]?.load == 50)
    #expect(state.node.rows["edge"]?.load == nil)
  }

  @Test("events change the picture at once, and what they do not say is read again")
  func events() throws {
    var state = try top()
    let change = """
      {"service":"dao","from":"running","to":"backoff","at":"2025-10-22T04:00:00.000Z","cause":"killed by SIGKILL","pid":null,\
      "next_attempt":"2025-10-22T04:00:02.000Z","note":"killed by SIGKILL","message":"dao: restarts in 2 s (killed by SIGKILL)"}
      """
    #expect(state.take(.event(try event("status", change)), at: now) == [])
    #expect(state.frame.contains { $0.plain.contains("dao") && $0.plain.contains("restarts in 2s: killed by SIGKILL") })
    #expect(state.frame.contains { $0.plain.contains("dao: restarts in 2 s") })
    let complaint = #"{"service":"edge","from":"healthy","to":"unhealthy","note":"status 500","message":"edge: unhealthy: status 500"}"#
    _ = state.take(.event(try event("health", complaint)), at: now)
    #expect(state.frame.contains { $0.plain.contains("edge") && $0.plain.contains("unhealthy") && $0.plain.contains("status 500") })
    _ = state.take(.event(try event("composite", #"{"from":"unhealthy","to":"degraded","message":"the node is degraded"}"#)), at: now)
    #expect(state.frame[0].plain.hasPrefix(" fog-1  degraded, not ready"))
    #expect(state.take(.event(try event("reset", "{\"reason\":\"restarted\"}")), at: now) == [.readAgain])
  }

  @Test("sorting goes over the columns, either way, and whoever is chosen stays chosen")
  func sorting() throws {
    var state = try top()
    _ = press(&state, .character("j"))
    #expect(state.chosen == "edge")
    _ = press(&state, .character(">"))
    #expect(state.listed.map(\.name) == ["onion", "edge", "harvest", "dao"])
    _ = press(&state, .character("r"))
    #expect(state.listed.map(\.name) == ["dao", "harvest", "edge", "onion"])
    #expect(state.chosen == "edge")
    _ = press(&state, .character("<"), .character("<"))
    #expect(state.sorted == .memory)
    #expect(state.listed.first?.name == "dao")
  }

  @Test("a service that is up after restarts that still count is trouble, and comes before those that are well")
  func recovering() throws {
    var state = try top()
    let answer = Self.answer.replacing(#""restart_count":2,"restart_attempts":0"#, with: #""restart_count":2,"restart_attempts":2"#)
    _ = state.take(.services(try ServicesAnswer(parsing: Array(answer.utf8))), at: now)
    state.sorted = .state
    state.relist()
    #expect(state.listed.map(\.name) == ["onion", "edge", "dao", "harvest"])
    #expect(state.node.rows["dao"]?.mark.style == .warning)
    _ = press(&state, .character("t"))
    #expect(state.listed.count == 4)
  }

  @Test("a filter is typed, taken back letter by letter, and cleared; trouble alone is one key")
  func filtering() throws {
    var state = try top()
    #expect(press(&state, .character("/"), .character("q"), .backspace, .character("O"), .character("n")) == [])
    #expect(state.listed.map(\.name) == ["onion"])
    #expect(state.frame[1].plain.contains("shown: 1, 'On'"))
    _ = press(&state, .enter, .escape)
    #expect(state.listed.count == 4)
    _ = press(&state, .character("t"))
    #expect(state.listed.map(\.name) == ["edge", "harvest", "onion"])
  }

  @Test("a change is asked about first, names who else is meant, and is done for y alone")
  func confirmation() throws {
    var state = try top()
    #expect(press(&state, .character("R")) == [])
    let asked = state.frame.suffix(2).map(\.plain)
    #expect(asked[0] == " Restart dao? edge uses it.")
    #expect(asked[1] == " y: restart  n: no")
    #expect(press(&state, .enter) == [])
    #expect(state.confirmation == nil)
    _ = press(&state, .character("R"))
    #expect(press(&state, .character("y")) == [.perform(Confirmation.Command(verb: .restart, name: "dao", body: ["force": false]))])
  }

  @Test("a restart names whom on_restart takes along, and who runs on without it")
  func restarting() throws {
    func service(_ required: [String], _ dependents: [String], _ ways: JSON = [:]) -> JSON {
      [
        "dependencies": JSON(required), "optional_dependencies": [], "dependents": JSON(dependents), "on_restart": ways,
      ]
    }
    let answer = DependenciesAnswer([
      "dependencies": [
        "dao": service([], ["with", "stays", "idle", "both"]), "with": service(["dao"], ["behind", "both"], ["dao": "restart"]),
        "behind": service(["with"], [], ["with": "stop"]), "stays": service(["dao"], []),
        "both": service(["dao", "with"], [], ["dao": "restart", "with": "stop"]), "idle": service(["dao"], ["after"], ["dao": "restart"]),
        "after": service(["idle"], [], ["idle": "restart"]),
      ]
    ])
    let dragged = answer.dragged(by: "dao") { $0 != "idle" }
    #expect(dragged.restarted == ["with"])
    #expect(dragged.stopped == ["both", "behind"])
    var state = try top()
    let here = DependenciesAnswer([
      "dependencies": [
        "dao": service([], ["edge", "harvest"]), "edge": service(["dao"], [], ["dao": "restart"]), "harvest": service(["dao"], []),
      ]
    ])
    _ = state.take(.dependencies(here), at: now)
    _ = press(&state, .character("R"))
    #expect(state.confirmation?.text == "Restart dao? edge is restarted with it.")
  }

  @Test("a stop that others would not survive offers to stop them first, or only this one")
  func stopping() throws {
    var state = try top()
    _ = press(&state, .character("S"))
    #expect(state.confirmation?.text == "Stop dao? edge uses it and keeps running. onion and harvest require it.")
    #expect(press(&state, .character("f")) == [.perform(Confirmation.Command(verb: .stop, name: "dao", body: ["force": true]))])
    _ = press(&state, .character("S"))
    #expect(press(&state, .character("y")) == [.perform(Confirmation.Command(verb: .stop, name: "dao", body: ["cascade": true]))])
  }

  @Test("pages open over the table, show what is read, scroll, and close")
  func pages() throws {
    var state = try top()
    #expect(press(&state, .enter) == [.open(.details, "dao")])
    _ = state.take(.text(.details, "dao", (1...30).map { StyledText("line \($0)") }), at: now)
    #expect(state.frame[3].plain == "line 1")
    _ = press(&state, .down, .down)
    #expect(state.frame[3].plain == "line 3")
    _ = state.take(.text(.details, "edge", [StyledText("of another")]), at: now)
    #expect(state.frame[3].plain == "line 3")
    #expect(press(&state, .character("l")) == [.open(.logs, "dao")])
    _ = state.take(.more("dao", (1...30).map { StyledText("said \($0)") }, nil), at: now)
    #expect(state.frame[9].plain == "said 30")
    _ = press(&state, .home)
    _ = state.take(.more("dao", [StyledText("said 31")], nil), at: now)
    #expect(state.frame[3].plain == "said 1")
    _ = press(&state, .end)
    #expect(state.frame[9].plain == "said 31")
    #expect(press(&state, .escape) == [.close])
    #expect(state.frame[3].plain.contains("dao"))
    #expect(press(&state, .character("q")) == [.quit])
    #expect(press(&state, .control("c")) == [.quit])
  }

  @Test("a lost connection is said, with since when and why, until there is one again")
  func lost() throws {
    var state = try top()
    _ = state.take(.lost("no Stoker answers"), at: now)
    _ = state.take(.tick, at: now + 12)
    #expect(state.frame[0].plain.contains("CONNECTION LOST 12s ago"))
    #expect(state.frame[10].plain.contains("no Stoker answers"))
    #expect(state.take(.connected, at: now + 13) == [.readAgain])
    #expect(!state.frame[0].plain.contains("LOST"))
  }

  @Test("a thousand services scroll: whoever is chosen is always seen")
  func thousand() throws {
    let rows = (0..<1000).map { #""s\#(String(1000 + $0))":{"status":"running","health":"healthy"}"# }.joined(separator: ",")
    var state = TopState(size: TerminalSize(columns: 100, rows: 24), now: now)
    _ = state.take(
      .services(try ServicesAnswer(parsing: Array(#"{"services":{\#(rows)},"is_ready":true,"initialized":true}"#.utf8))), at: now)
    for key in [Key.down, .pageDown, .pageDown, .end, .pageUp, .up, .home, .end] {
      _ = state.take(.key(key), at: now)
      let frame = state.frame.map(\.plain)
      #expect(frame.count == 24)
      #expect(frame.contains { $0.hasPrefix("> ") && $0.contains(state.chosen ?? "?") })
    }
    #expect(state.chosen == "s1999")
  }
}

struct CellTests {
  @Test("numbers are short", arguments: [(0.04, "0.0"), (9.94, "9.9"), (9.96, "10"), (250, "250")])
  func loads(percent: Double, text: String) {
    #expect(Column.load(percent) == text)
  }

  @Test(
    "sizes have at most four letters",
    arguments: [(0.0, "0K"), (655_360, "640K"), (1_048_576, "1.0M"), (12_582_912, "12M"), (1.6e9, "1.5G")])
  func sizes(bytes: Double, text: String) {
    #expect(Column.size(bytes) == text)
  }
}

extension String {
  fileprivate func trimmingSuffix(_ isCut: (Character) -> Bool) -> Substring {
    var rest = self[...]
    while let last = rest.last, isCut(last) { rest.removeLast() }
    return rest
  }
}
