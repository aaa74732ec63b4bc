// The checker can fail, also with hooks and reloads.

import Orchestration
import Simulator
import Testing

@Suite("Invariants of hooks and reloads can be broken")
struct InvariantReloadTests {
  private let hooked = ServiceSpec(name: "a", hooks: Set(Hook.allCases))
  private let pair: [ServiceSpec] = [.named("a"), .named("b", on: [0])]

  /// The file without these services, which are on their way out.
  private func leaving(_ specs: [ServiceSpec], _ slots: Set<Int>) -> Step.Input {
    let known = specs.enumerated().map { index, spec in
      spec.with { spec in
        spec.isCritical = false
        if slots.contains(index) { spec.isEnabled = false }
      }
    }
    return .reload(Step.Reload(specs: known, leaving: slots, file: Set(specs.indices).subtracting(slots), restarting: []))
  }

  private let reloaded = Cause.reloaded(.program)

  // MARK: Hooks

  @Test("1: a spawn while the pre-start hook runs, and one after it that is true")
  func spawnDuringHook() {
    func tell(_ isOver: Bool) -> Int? {
      broken([hooked]) {
        try $0.boot()
        try $0.read(.event(.wake), [$0.status(0, .starting), .runHook(ServiceID(0), run: 1, .preStart)])
        if isOver { try $0.read(.event(.hookFinished(ServiceID(0), run: 1, .preStart, passed: true)), []) }
        try $0.read(.event(.wake), [.spawn(ServiceID(0), run: 1)])
      }
    }
    #expect(tell(true) == nil)
    #expect(tell(false) == 1)
  }

  @Test("1: a hook where it does not belong", arguments: Hook.allCases)
  func misplaced(hook: Hook) {
    #expect(
      broken([hooked]) {
        try $0.boot()
        try $0.read(.event(.wake), [.runHook(ServiceID(0), run: 1, hook)])
      } == 1)
  }

  @Test("1: a hook that the service does not have")
  func unknownHook() {
    #expect(
      broken([.named("a")]) {
        try $0.boot()
        try $0.read(.event(.wake), [$0.status(0, .starting), .runHook(ServiceID(0), run: 1, .preStart)])
      } == 1)
  }

  // MARK: Reloads

  @Test("a removal that is true breaks nothing")
  func truth() {
    #expect(
      broken(pair) {
        try $0.boot()
        try $0.up(0)
        try $0.up(1)
        try $0.read(leaving(pair, [0, 1]), [$0.status(1, .stopping, reloaded)])
        try $0.read(
          .event(.exited(ServiceID(1), run: 1, .code(0), isEmpty: true)),
          [$0.status(1, .stopped), .retired(ServiceID(1)), $0.status(0, .stopping, reloaded)])
        try $0.read(.event(.exited(ServiceID(0), run: 1, .code(0), isEmpty: true)), [$0.status(0, .stopped), .retired(ServiceID(0))])
      } == nil)
  }

  @Test("2: a service that is taken out is stopped before one that requires it and goes, too")
  func order() {
    #expect(
      broken(pair) {
        try $0.boot()
        try $0.up(0)
        try $0.up(1)
        try $0.read(leaving(pair, [0, 1]), [$0.status(0, .stopping, reloaded)])
      } == 2)
  }

  @Test("3: a spawn of a removed service")
  func spawn() {
    #expect(
      broken(pair) {
        try $0.boot()
        try $0.read(leaving(pair, [0, 1]), [$0.status(0, .starting), .spawn(ServiceID(0), run: 1)])
      } == 3)
  }

  @Test("6: reported as retired while it runs, twice, or though it is in the file", arguments: ["runs", "twice", "stays"])
  func retired(how: String) {
    #expect(
      broken(pair) {
        try $0.boot()
        try $0.up(0)
        if how == "stays" { try $0.read(.event(.exited(ServiceID(0), run: 1, .code(0), isEmpty: true)), [$0.status(0, .stopped)]) }
        if how != "stays" { try $0.read(leaving(pair, [0, 1]), [$0.status(0, .stopping, reloaded)]) }
        if how == "twice" {
          try $0.read(.event(.exited(ServiceID(0), run: 1, .code(0), isEmpty: true)), [$0.status(0, .stopped), .retired(ServiceID(0))])
        }
        try $0.read(.event(.wake), [.retired(ServiceID(0))])
      } == 6)
  }

  @Test("8: taken out, ended, and never reported as retired")
  func neverRetired() {
    #expect(
      broken([.named("a")]) {
        try $0.boot()
        try $0.read(leaving([.named("a")], [0]), [])
        try $0.checker.readEnd()
      } == 8)
  }
}
