// The end of a command's wait, for each goal and each state of the service.

import Testing

@testable import Orchestration
@testable import Stoker

@Suite struct CommandWaitTests {
  private static let start = Instant(nanoseconds: 0)
  private static let deadline = start + .seconds(5)

  private static let states: [Status: ServiceState] = [
    .stopped: .stopped, .running: .running, .completed: .completed, .failed: .failed(byLimit: false),
    .waiting: .waiting(ServiceState.Waiting(start: .first)),
    .starting: .starting(ServiceState.Starting(since: start, phase: .spawning, deadline: deadline)),
    .backoff: .backoff(until: deadline, delay: .seconds(5), after: .exit(.code(1))),
    .stopping: .stopping(stopping(.asked(killAt: deadline))),
  ]

  private static func stopping(_ phase: ServiceState.Phase) -> ServiceState.Stopping {
    ServiceState.Stopping(began: start, phase: phase, isSpawned: true, next: .rest)
  }

  private func view(
    _ state: ServiceState?, run: UInt64 = 4, health: Health = .unknown, isDesiredUp: Bool = true, attempts: Int = 0
  ) -> ServiceView {
    var values = ServiceView.Values()
    values.state = state ?? .stopped
    values.run = run
    values.health = health
    values.isDesiredUp = isDesiredUp
    values.attempts = attempts
    if case .running = state { values.runStarted = Self.start }
    return ServiceView(id: ServiceID(0), values: values)
  }

  private func end(_ goal: Goal, after: UInt64 = 3, _ view: ServiceView, at now: Instant = start) -> WaitCondition.End? {
    WaitCondition(goal: goal, after: after, attempts: 0, deadline: Self.deadline).end(with: view, at: now)
  }

  @Test("a command without a wait is accepted in every state", arguments: Status.allCases)
  func none(_ status: Status) {
    #expect(end(.none, view(Self.states[status])) == .accepted)
    #expect(end(.none, view(Self.states[status]), at: Self.deadline) == .accepted)
  }

  @Test("a wait for running ends with a new run, fails with that run, and is missed where none will come", arguments: Status.allCases)
  func running(_ status: Status) {
    let view = view(Self.states[status])
    let expected: WaitCondition.End? =
      switch status {
      case .running, .completed: .reached
      case .failed, .backoff: .failed
      case .stopped: .missed
      case .starting, .stopping, .waiting: nil
      }
    #expect(end(.running, view) == expected)
    #expect(end(.running, view, at: Self.deadline) == expected ?? .missed)
  }

  @Test("only a run that is newer than the command's counts; an external service has none")
  func newerRuns() {
    #expect(end(.running, after: 4, view(.running)) == nil)
    #expect(end(.running, after: 4, view(.completed)) == .missed)
    #expect(end(.running, after: 4, view(.running), at: Self.deadline) == .missed)
    #expect(end(.running, after: 0, view(.running, run: 0)) == .reached)
    // An automatic restart: the run that was asked for has ended.
    #expect(end(.running, view(.running, attempts: 1)) == .failed)
  }

  @Test("a wait for healthy waits for health, but a completed run needs none", arguments: Health.allCases)
  func healthy(_ health: Health) {
    let running = view(.running, health: health)
    let goal = Goal.healthy(living: .zero)
    #expect(end(goal, running) == (health == .healthy ? .reached : nil))
    #expect(end(goal, running, at: Self.deadline) == (health == .healthy ? .reached : .missed))
    #expect(end(goal, view(.completed, health: health)) == .reached)
    #expect(end(goal, view(.failed(byLimit: true), health: health)) == .failed)
  }

  @Test("a start is told when the process has lived long enough, and the wait looks again then", arguments: [false, true])
  func living(_ isHealthy: Bool) {
    let running = view(.running, health: .healthy)
    let goal: Goal = isHealthy ? .healthy(living: .seconds(1)) : .started(living: .seconds(1))
    #expect(end(goal, running, at: Self.start + .milliseconds(999)) == nil)
    #expect(end(goal, running, at: Self.start + .seconds(1)) == .reached)
    #expect(end(goal, view(.completed)) == .reached)
    #expect(end(goal, view(Self.states[.backoff])) == .failed)
    func look(_ goal: Goal, _ view: ServiceView) -> Instant {
      WaitCondition(goal: goal, after: 3, attempts: 0, deadline: Self.deadline).nextLook(with: view)
    }
    #expect(look(goal, running) == Self.start + .seconds(1))
    #expect(look(goal, view(Self.states[.starting])) == Self.deadline)
    #expect(look(.running, running) == Self.deadline)
  }

  @Test("a wait for completed goes on over automatic restarts", arguments: Status.allCases)
  func completed(_ status: Status) {
    let expected: WaitCondition.End? =
      switch status {
      case .completed: .reached
      case .failed: .failed
      case .stopped: .missed
      case .waiting, .starting, .running, .backoff, .stopping: nil
      }
    #expect(end(.completed, view(Self.states[status], attempts: 1)) == expected)
    #expect(end(.completed, after: 4, view(.completed)) == nil)
  }

  @Test("a wait for stopped ends without a process, and is missed when another command wants the service up", arguments: Status.allCases)
  func stopped(_ status: Status) {
    let isDown = [.stopped, .completed, .failed].contains(status)
    for isDesiredUp in [false, true] {
      let expected: WaitCondition.End? = isDown ? .reached : isDesiredUp && status != .stopping ? .missed : nil
      #expect(end(.stopped, view(Self.states[status], isDesiredUp: isDesiredUp)) == expected)
    }
    #expect(end(.stopped, view(Self.states[status], isDesiredUp: false), at: Self.deadline) == (isDown ? .reached : .missed))
  }

  @Test("a wait for stopped is missed at once when processes survive SIGKILL")
  func leftOver() {
    #expect(end(.stopped, view(.stopping(Self.stopping(.leftOver)), isDesiredUp: false)) == .missed)
    #expect(end(.stopped, view(.stopping(Self.stopping(.killed(graceEnds: Self.deadline))), isDesiredUp: false)) == nil)
  }

  @Test("a start accepts the run that is there, a restart only one that is under way, a stop none", arguments: Status.allCases)
  func acceptedRuns(_ status: Status) {
    func newest(_ verb: ServiceCommand.Verb, run: UInt64 = 4) -> UInt64 {
      ServiceCommand(service: "dao", verb: verb).newestRunBeforeGoal(on: view(Self.states[status], run: run))
    }
    #expect(newest(.start(force: false)) == ([.running, .starting, .completed, .stopping].contains(status) ? 3 : 4))
    #expect(newest(.restart(force: false)) == (status == .starting ? 3 : 4))
    #expect(newest(.stop(.refuse)) == 4)
    // The first run of all, or an external service.
    #expect(newest(.start(force: false), run: 0) == 0)
  }

  @Test("a command wishes its services up or down; a restart of a service that is up wishes nothing")
  func wishes() {
    func wishes(_ verb: ServiceCommand.Verb, isDesiredUp: Bool, started: [Int] = [], stopped: [Int] = []) -> [Wish] {
      let service = view(.running, isDesiredUp: isDesiredUp)
      return ServiceCommand(service: "dao", verb: verb).wishes(
        for: service, started.map { ServiceID($0) }, stopped.map { ServiceID($0) })
    }
    func wish(_ service: Int, _ isUp: Bool) -> Wish { Wish(service: ServiceID(service), isUp: isUp) }
    for isDesiredUp in [false, true] {
      #expect(wishes(.start(force: false), isDesiredUp: isDesiredUp, started: [1]) == [wish(0, true), wish(1, true)])
      #expect(wishes(.stop(.cascade), isDesiredUp: isDesiredUp, stopped: [2, 3]) == [wish(0, false), wish(2, false), wish(3, false)])
    }
    #expect(wishes(.restart(force: false), isDesiredUp: false) == [wish(0, true)])
    #expect(wishes(.restart(force: false), isDesiredUp: true, started: [1]) == [wish(1, true)])
  }
}
