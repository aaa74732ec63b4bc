// The table of a start and of a stop, the root cause in a clause, and whom a completion asks.

import Orchestration
import Stoker
import Testing

@testable import StokerCommand

struct RunTableTests {
  private let size = TerminalSize(columns: 80, rows: 30)

  private func overview(_ services: Overview.Service...) -> Overview {
    Overview(services: services, isInitialized: false)
  }

  @Test("a start is a line a service, and how far it is")
  func starting() {
    let lines = RunTable.lines(
      overview(
        Overview.Service(name: "dao", status: .starting, age: .milliseconds(1240)),
        Overview.Service(name: "edge", status: .running, health: .healthy, age: .seconds(75)),
        Overview.Service(name: "harvest", status: .waiting, age: .seconds(2), waitsFor: ["dao"]),
        Overview.Service(name: "onion", status: .backoff, age: .zero, untilNextAttempt: .seconds(3), lastError: "exited with code 1"),
        Overview.Service(name: "spare", status: .stopped, isEnabled: false)),
      .starting, size: size)
    #expect(
      lines.map(\.plain) == [
        " ▲ dao      starting    1.2s",
        " ● edge     running   1m 15s  healthy",
        " … harvest  waiting     2.0s  waits for dao",
        " ↻ onion    backoff     0.0s  again in 3 s: exited with code 1",
        " 1 of 4 runs; waits for dao and onion",
      ])
  }

  @Test("a start is over when everything is up, or waits for what does not come by itself")
  func started() {
    func isStarted(_ health: Health, _ status: Status = .running) -> Bool {
      RunTable.isStarted(
        Overview(
          services: [
            Overview.Service(name: "dao", status: status, health: health),
            Overview.Service(name: "edge", status: .waiting, waitsFor: ["dao"]),
            Overview.Service(name: "harvest", status: .waiting, waitsFor: ["edge"]),
          ], isInitialized: true))
    }
    #expect(!isStarted(.unknown), "its checks may still let the others start")
    #expect(isStarted(.unhealthy))
    #expect(isStarted(.unhealthy, .failed))
    #expect(!isStarted(.unknown, .starting))
    let up = Overview.Service(name: "dao", status: .running, health: .unknown)
    #expect(RunTable.isStarted(Overview(services: [up], isInitialized: true)))
    #expect(!RunTable.isStarted(Overview(services: [up], isInitialized: false)))
  }

  @Test("a stop counts down to nothing, and says whom it waits for")
  func stopping() {
    let lines = RunTable.lines(
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
        name: "s\(index)", status: index == 150 ? .failed : index >= 190 ? .waiting : .running, age: .seconds(1), waitsFor: ["x"])
    }
    let lines = RunTable.lines(Overview(services: services, isInitialized: false), .starting, size: TerminalSize(columns: 40, rows: rows))
    #expect(lines.count <= min(42, rows - 1))
    #expect(lines[0].plain.contains("s150"))
    #expect(lines[1].plain.contains("s190"))
    #expect(lines[lines.count - 2].plain.contains("more running"))
    for line in lines { #expect(line.width < 40) }
  }
}

struct RootCauseTests {
  @Test("who waits names whom it waits for, and what is at the root of it")
  func clause() {
    let onion: JSON = ["service": "onion", "status": "failed", "health": "unhealthy", "last_error": "exited with code 1", "causes": []]
    #expect(
      RootCause.clause(["service": "harvest", "root_cause": "onion", "causes": [onion]])
        == "waits for onion, which failed: exited with code 1")
    #expect(
      RootCause.clause([
        "service": "a", "root_cause": "onion", "causes": [["service": "p2p", "status": "waiting", "causes": [onion]]],
      ]) == "waits for p2p, since onion failed: exited with code 1")
    #expect(RootCause.clause(["service": "a", "root_cause": "a", "causes": []]) == nil)
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
