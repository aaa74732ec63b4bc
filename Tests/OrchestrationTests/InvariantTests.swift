// The checker can fail: for each invariant a history made by hand that breaks it, and one that does not.

import Simulator
import Testing

@testable import Orchestration

@Suite("Invariants can be broken")
struct InvariantTests {
  private func plain(_ name: String, on dependencies: [Int] = []) -> ServiceSpec {
    .named(name, on: dependencies)
  }

  @Test("a history that is true breaks nothing")
  func truth() {
    #expect(
      broken([plain("a"), plain("b", on: [0])]) {
        try $0.boot()
        try $0.up(0)
        try $0.up(1)
        try $0.read(.event(.exited(ServiceID(1), run: 1, .code(1), isEmpty: true)), [$0.status(1, .backoff)])
      } == nil)
  }

  @Test("1: a second live run")
  func twoRuns() {
    #expect(
      broken([plain("a")]) {
        try $0.boot()
        try $0.up(0)
        try $0.read(.event(.wake), [.spawn(ServiceID(0), run: 2)])
      } == 1)
  }

  @Test("1: a spawn while a process is left over")
  func besideLeftOver() {
    #expect(
      broken([plain("a")]) {
        try $0.boot()
        try $0.up(0)
        try $0.read(.event(.wake), [$0.status(0, .stopping), $0.change(.leftOver(ServiceID(0), run: 1))])
        try $0.read(.event(.wake), [$0.status(0, .starting, run: 2), .spawn(ServiceID(0), run: 2)])
      } == 1)
  }

  @Test("2: a start before its dependency")
  func tooEarly() {
    #expect(
      broken([plain("a"), plain("b", on: [0])]) {
        try $0.boot()
        try $0.up(1)
      } == 2)
  }

  @Test("2: a stop before its dependent has ended, by command and in the full stop")
  func tooEarlyDown() {
    for command in [Command.stop(ServiceID(0), .cascade), .shutdown] {
      #expect(
        broken([plain("a"), plain("b", on: [0])]) {
          try $0.boot()
          try $0.up(0)
          try $0.up(1)
          let cause: Cause = command == .shutdown ? .shutdown(.program) : .requested(.program)
          try $0.command(command, [$0.status(0, .stopping, cause)])
        } == 2)
    }
  }

  @Test("3: a spawn after a stop, and in the full stop")
  func unwanted() {
    for command in [Command.stop(ServiceID(0), .refuse), .shutdown] {
      #expect(
        broken([plain("a")]) {
          try $0.boot()
          try $0.up(0)
          try $0.command(command, [$0.status(0, .stopping, .requested(.program))])
          try $0.read(
            .event(.exited(ServiceID(0), run: 1, .code(0), isEmpty: true)),
            [$0.status(0, .starting, run: 2), .spawn(ServiceID(0), run: 2)])
        } == 3)
    }
  }

  @Test("3: a full stop that never ends, and one that is called over too early")
  func endless() {
    #expect(
      broken([plain("a")]) {
        try $0.boot()
        try $0.up(0)
        try $0.command(.shutdown, [$0.status(0, .stopping, .shutdown(.program))])
        $0.pass(36)
        try $0.read(.event(.wake), [])
      } == 3)
    #expect(
      broken([plain("a")]) {
        try $0.boot()
        try $0.up(0)
        try $0.command(.shutdown, [.stopped(StopReport(killed: [], leftOver: []))])
      } == 3)
  }

  @Test("3: a wish that is not the last command's")
  func wrongWish() {
    #expect(
      broken([plain("a")]) {
        try $0.command(.boot)
        try $0.read(.event(.wake), [$0.status(0, .starting), .spawn(ServiceID(0), run: 1)], touching: [0])
      } == 3)
  }

  @Test("4: an attempt beyond the limit")
  func beyondLimit() {
    #expect(
      broken([plain("a").with { $0.restart.maxAttempts = 1 }]) {
        try $0.boot()
        for run in UInt64(1)...3 {
          try $0.up(0, run: run)
          try $0.read(.event(.exited(ServiceID(0), run: run, .code(1), isEmpty: true)), [$0.status(0, .backoff, run: run)])
        }
      } == 4)
  }

  @Test("4: a delay that is not the formula's, giving up twice, and failed with a process")
  func attempts() {
    let exited = Step.Input.event(.exited(ServiceID(0), run: 1, .code(1), isEmpty: true))
    #expect(
      broken([plain("a")]) {
        try $0.boot()
        try $0.up(0)
        let down = [$0.status(0, .backoff), $0.health(0, .unhealthy)]
        $0.views[0].state = .forged(.backoff, at: moment(0), nextAttempt: moment(3))
        try $0.read(exited, down, touching: [0])
      } == 4)
    #expect(
      broken([plain("a").with { $0.restart.maxAttempts = 0 }]) {
        try $0.boot()
        try $0.up(0)
        let given = Change.What.gaveUp(ServiceID(0), attempts: 0)
        try $0.read(exited, [$0.status(0, .failed), $0.change(given), $0.change(given)])
      } == 4)
    #expect(
      broken([plain("a")]) {
        try $0.boot()
        try $0.up(0)
        try $0.read(.event(.wake), [$0.status(0, .failed)])
      } == 4)
  }

  @Test("5: two probes at once, a result of a check that is not in flight, a health against the thresholds")
  func checks() {
    let checked = ServiceSpec(name: "a", check: CheckPolicy())
    let start = { (check: UInt64) in Action.startCheck(ServiceID(0), check: check, run: 1) }
    #expect(
      broken([checked]) {
        try $0.boot()
        try $0.up(0)
        try $0.read(.event(.wake), [start(1)])
        try $0.read(.event(.wake), [start(2)])
      } == 5)
    #expect(
      broken([checked]) {
        try $0.boot()
        try $0.up(0)
        try $0.read(.event(.wake), [start(1), .cancelCheck(ServiceID(0), check: 1)])
        try $0.read(
          .event(.checkFinished(ServiceID(0), check: 1, passed: true)),
          [.recordCheck(ServiceID(0), check: 1, passed: true, health: .healthy)])
      } == 5)
    #expect(
      broken([checked]) {
        try $0.boot()
        try $0.up(0)
        try $0.read(.event(.wake), [start(1)])
        try $0.read(
          .event(.checkFinished(ServiceID(0), check: 1, passed: false)),
          [.recordCheck(ServiceID(0), check: 1, passed: false, health: .unhealthy)])
      } == 5)
  }

  @Test("5: in back-off and not unhealthy")
  func flicker() {
    #expect(
      broken([plain("a")]) {
        try $0.boot()
        try $0.up(0)
        let down = $0.status(0, .backoff)
        $0.views[0].state = .forged(.backoff, at: moment(0), nextAttempt: moment(2))
        try $0.read(.event(.exited(ServiceID(0), run: 1, .code(1), isEmpty: true)), [down], touching: [0])
      } == 5)
  }

  @Test("6: a gap in the records, a record of no change, a view without its record, a counter that falls, lost time")
  func records() {
    #expect(
      broken([plain("a")]) {
        try $0.boot()
        _ = $0.status(0, .starting)
        try $0.read(.event(.wake), [$0.status(0, .running)])
      } == 6)
    #expect(
      broken([plain("a")]) {
        try $0.boot()
        try $0.read(.event(.wake), [$0.change(.status(ServiceID(0), from: .running, to: .stopping, run: 1))])
      } == 6)
    #expect(
      broken([plain("a")]) {
        try $0.boot()
        $0.views[0].state = .forged(.running, at: moment(0))
        try $0.read(.event(.wake), [], touching: [0])
      } == 6)
    #expect(
      broken([plain("a")]) {
        try $0.boot()
        $0.views[0].checks = 2
        try $0.read(.event(.wake), [], touching: [0])
        $0.views[0].checks = 1
        try $0.read(.event(.wake), [], touching: [0])
      } == 6)
    #expect(
      broken([plain("a")]) {
        try $0.boot()
        $0.pass(5)
        $0.views[0].state = .forged(.starting, at: moment(5))
        $0.views[0].since = moment(5)
        let lost = Change.What.status(ServiceID(0), from: .stopped, to: .starting, run: 1)
        try $0.read(.event(.wake), [.changed(Change(sequence: 2, at: moment(5), what: lost, cause: .spawned))], touching: [0])
      } == 6)
  }

  @Test("6: a registry entry that expires twice, a composite that is not the sum")
  func sums() {
    #expect(
      broken([]) {
        try $0.read(.registry("register"), [$0.change(.registry(name: "x", .registered))])
        try $0.read(.event(.wake), [$0.change(.registry(name: "x", .expired))])
        try $0.read(.event(.wake), [$0.change(.registry(name: "x", .expired))])
      } == 6)
    #expect(
      broken([plain("a")]) {
        try $0.boot()
        $0.node.health = .healthy
        try $0.read(.event(.wake), [])
      } == 6)
  }

  @Test("7: waiting for nothing, waiting for a met dependency, never initialized")
  func reasons() {
    let waiting = [plain("a"), plain("b", on: [0])]
    #expect(
      broken(waiting) {
        try $0.boot()
        try $0.read(.event(.wake), [$0.status(1, .waiting)], touching: [1])
      } == 7)
    #expect(
      broken(waiting) {
        try $0.boot()
        try $0.up(0)
        let wait = $0.status(1, .waiting)
        $0.views[1].blockers = [Blocker(ServiceID(0), .required(.started))]
        try $0.read(.event(.wake), [wait], touching: [1])
      } == 7)
    #expect(
      broken([plain("a")]) {
        try $0.boot()
        $0.pass(3600)
        try $0.read(.event(.wake), [])
      } == 7)
  }

  @Test("8: at the end something wanted does not run, or something unwanted does")
  func unsettled() {
    #expect(
      broken([plain("a")]) {
        try $0.boot()
        try $0.checker.readEnd()
      } == 8)
    #expect(
      broken([plain("a").with { $0.isEnabled = false }]) {
        try $0.command(.start(ServiceID(0), force: false))
        try $0.up(0)
        try $0.command(.stop(ServiceID(0), .refuse))
        try $0.checker.readEnd()
      } == 8)
  }
}
