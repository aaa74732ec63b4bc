// The table of a start and of a stop, and the Stoker that a completion uses.

import Orchestration
import Stoker
import Testing

@testable import StokerCommand

struct ProgressTableTests {
  private let size = TerminalSize(columns: 80, rows: 30)

  private func overview(_ services: Overview.Service...) -> Overview {
    Overview(services: services, isInitialized: false)
  }

  @Test("a start is a line a service, and how far it is")
  func starting() {
    let lines = ProgressTable.lines(
      overview(
        Overview.Service(name: "dao", status: .starting, age: .milliseconds(1240)),
        Overview.Service(name: "edge", status: .running, health: .healthy, age: .seconds(75)),
        Overview.Service(name: "harvest", status: .waiting, age: .seconds(2), note: "waits for dao, which is starting"),
        Overview.Service(name: "onion", status: .backoff, age: .zero, untilNextAttempt: .seconds(3), note: "exited with code 1"),
        Overview.Service(name: "spare", status: .stopped, isEnabled: false)),
      .starting, size: size)
    #expect(
      lines.map(\.plain) == [
        " ▲ dao      starting    1.2s",
        " ● edge     running   1m 15s  healthy",
        " … harvest  waiting     2.0s  waits for dao, which is starting",
        " ↻ onion    backoff     0.0s  restarts in 3s: exited with code 1",
        " 1 of 4 runs; waits for dao and onion",
      ])
  }

  @Test("where nobody is on the way, the line of sums names the root causes")
  func awaited() {
    let services = [
      Overview.Service(name: "dao", status: .running, health: .unhealthy, note: "connection refused"),
      Overview.Service(name: "edge", status: .waiting, note: "waits for dao, which is unhealthy: connection refused"),
    ]
    let lines = ProgressTable.lines(Overview(services: services, isInitialized: true, awaited: ["dao"]), .starting, size: size)
    #expect(lines.last?.plain == " 1 of 2 runs; waits for dao")
  }

  @Test("a stop counts down to nothing, and says whom it waits for")
  func stopping() {
    let lines = ProgressTable.lines(
      overview(
        Overview.Service(name: "dao", status: .stopping, age: .seconds(1)),
        Overview.Service(name: "edge", status: .stopped, age: .seconds(1))),
      .stopping, size: size)
    #expect(lines.last?.plain == " 1 of 2 stopped; waits for dao (Ctrl-C kills at once)")
  }

  @Test(
    "of more services than lines the troubled and unfinished ones are shown, and the rest counted; it always fits",
    arguments: [10, 24, 100])
  func many(rows: Int) {
    let services = (0..<200).map { index in
      Overview.Service(
        name: "s\(index)", status: index == 150 ? .failed : index >= 190 ? .waiting : .running, age: .seconds(1), note: "waits for x")
    }
    let size = TerminalSize(columns: 40, rows: rows)
    let lines = ProgressTable.lines(Overview(services: services, isInitialized: false), .starting, size: size)
    #expect(lines.count <= min(42, rows - 1))
    #expect(lines[0].plain.contains("s150"))
    #expect(lines[1].plain.contains("s190"))
    #expect(lines[lines.count - 2].plain.contains("more running"))
    for line in lines { #expect(line.width < 40) }
  }
}

struct CompletionTests {
  @Test(
    "an unfinished command line says which Stoker it means",
    arguments: [
      (["stoker", "why", "--config", "a.yaml", ""], "a.yaml", nil), (["stoker", "stop", "--url=unix:/x", "d"], nil, "unix:/x"),
      (["stoker", "why", "-c", "b.yaml"], "b.yaml", nil), (["stoker", "why", "--url"], nil, nil),
    ] as [([String], String?, String?)])
  func target(arguments: [String], file: String?, address: String?) {
    let target = ServiceNames.Target(arguments)
    #expect(target.file == file)
    #expect(target.address == address)
  }

  @Test("every verb is known by its name")
  func verbs() {
    for verb in ["run", "top", "events", "completions", "status", "help"] { #expect(StokerCommand.verbs.contains(verb)) }
  }
}
