// Virtual processes, probes and beats: a simulated machine that carries out the core's actions.

import Orchestration

/// The world outside the core. Each service has draws of its own, so that removing one changes nothing for the others.
struct World: Sendable {
  /// The live processes of a service's run.
  struct Process: Sendable {
    var run: UInt64
    var isSpawned = false
    var isMainAlive = true
    var hasMembers = false
    var isDeaf: Bool
    var isImmortal: Bool
    var bornAt: Instant
    var mustDie = false
  }

  let scenario: Scenario
  let specs: [ServiceSpec]
  var agenda = Agenda()
  var processes: [Process?]
  var draws: [Draws]
  var now = Instant(nanoseconds: 0)
  var cancelled: Set<UInt64> = []

  init(_ scenario: Scenario, _ specs: [ServiceSpec]) {
    self.scenario = scenario
    self.specs = specs
    processes = specs.map { _ in nil }
    draws = scenario.parts.map { Draws(seed: scenario.seed, stream: UInt64($0.identity) + 1) }
    var order = Draws(seed: scenario.seed, stream: 1_000_000)
    for (position, input) in scenario.inputs.enumerated() { agenda.add(.input(position), at: input.at, key: order.bits()) }
    agenda.add(.calm, at: scenario.calm, key: order.bits())
    for index in specs.indices where specs[index].check?.source == .heartbeat { later(.beat(index), index, 1...1000) }
  }

  private var isCalm: Bool {
    now >= scenario.calm
  }

  private func behaviour(_ index: Int) -> Scenario.Behaviour {
    isCalm ? calmed(scenario.parts[index].behaviour) : scenario.parts[index].behaviour
  }

  private func calmed(_ behaviour: Scenario.Behaviour) -> Scenario.Behaviour {
    var calmed = Scenario.Behaviour()
    calmed.life = behaviour.life
    return calmed
  }

  private mutating func later(_ item: Agenda.Item, _ index: Int, _ milliseconds: ClosedRange<Int>) {
    let at = now + draws[index].milliseconds(milliseconds)
    agenda.add(item, at: at, key: draws[index].bits())
  }

  // MARK: Actions of the core

  mutating func carryOut(_ action: Action) {
    switch action {
    case .spawn(let id, let run): spawn(id.index, run)
    case .signal(let id, let run, _, let scope): signal(id.index, run, reachesAll: scope == .group)
    case .sendSignal(let id, let run, let signal, let scope): receive(signal, id.index, run, reachesAll: scope == .group)
    case .kill(let id, let run): kill(id.index, run)
    case .startCheck(let id, let check, _):
      later(.checkDone(id.index, check: check), id.index, behaviour(id.index).checkTime)
    case .cancelCheck(_, let check): cancelled.insert(check)
    case .runHook(let id, let run, let hook):
      let passed = !draws[id.index].happens(behaviour(id.index).hookFails)
      // With `stop.signal: none` the command itself asks the process to end.
      if hook == .stop, passed, specs[id.index].stop.isCommandEnough { signal(id.index, run, reachesAll: false) }
      later(.hookDone(id.index, run: run, hook, passed: passed), id.index, behaviour(id.index).hookTime)
    case .cancelHook(let id, let run, let hook): later(.hookDone(id.index, run: run, hook, passed: false), id.index, 0...50)
    case .recordCheck, .abandonCheck, .changed, .retired, .stopped: break
    }
  }

  private mutating func spawn(_ index: Int, _ run: UInt64) {
    let behaviour = behaviour(index)
    let succeeds = !draws[index].happens(behaviour.spawnFails)
    let isDeaf = draws[index].happens(behaviour.isDeaf)
    let isImmortal = draws[index].happens(behaviour.isImmortal)
    processes[index] = Process(run: run, isDeaf: isDeaf, isImmortal: isImmortal, bornAt: now)
    later(.spawnDone(index, run: run, succeeds: succeeds), index, behaviour.spawnTime)
  }

  /// Hands a signal over that was sent as it is. A process that gets SIGHUP may report its reload; KILL ends it.
  private mutating func receive(_ number: Int32, _ index: Int, _ run: UInt64, reachesAll: Bool) {
    guard let process = processes[index], process.run == run, process.isSpawned, process.isMainAlive || reachesAll else { return }
    switch number {
    case 9 where !process.isImmortal:
      if process.isMainAlive {
        later(.death(index, run: run, .signal(9, coreDumped: false), takesAll: reachesAll || !process.hasMembers), index, 0...50)
      } else {
        later(.membersDie(index, run: run), index, 0...50)
      }
    case 1 where draws[index].happens(60): later(.speech(index, run: run, .reloading), index, 0...1500)
    default: break
    }
  }

  private mutating func signal(_ index: Int, _ run: UInt64, reachesAll: Bool) {
    guard let process = processes[index], process.run == run, process.isSpawned, !process.isDeaf || isCalm else { return }
    if process.isMainAlive {
      let exit: Exit = draws[index].happens(50) ? .signal(15, coreDumped: false) : .code(0)
      later(.death(index, run: run, exit, takesAll: !process.hasMembers), index, draws[index].happens(80) ? 0...100 : 0...10_000)
    }
    if process.hasMembers, reachesAll { later(.membersDie(index, run: run), index, 0...4000) }
  }

  private mutating func kill(_ index: Int, _ run: UInt64) {
    guard let process = processes[index], process.run == run else { return }
    processes[index]?.mustDie = true
    guard process.isSpawned, !process.isImmortal else { return }
    if process.isMainAlive {
      later(.death(index, run: run, .signal(9, coreDumped: false), takesAll: true), index, 0...50)
    } else {
      later(.membersDie(index, run: run), index, 0...50)
    }
  }

  // MARK: Events

  /// The event of an item of the agenda, if there is one. Some ends are reported again later, when they belong to an
  /// older run.
  mutating func happen(_ item: Agenda.Item) -> Event? {
    guard let event = occur(item) else { return nil }
    switch (item, event) {
    case (.echo, _): break
    case (_, .exited(let id, let run, _, _, _, _)), (_, .emptied(let id, let run)), (_, .spawnFailed(let id, let run, _)),
      (_, .spawned(let id, let run)):
      if draws[id.index].happens(10) { later(.echo(id.index, run: run, event), id.index, 0...20_000) }
    case (_, .checkFinished), (_, .hookFinished), (_, .notified), (_, .wake): break
    }
    return event
  }

  private mutating func occur(_ item: Agenda.Item) -> Event? {
    switch item {
    case .input, .beat:
      return nil
    case .calm:
      calmDown()
      return nil
    case .echo(let index, let run, let event):
      return processes[index].map { $0.run > run } == true ? event : nil
    case .spawnDone(let index, let run, let succeeds):
      return spawnDone(index, run, succeeds)
    case .death(let index, let run, let exit, let takesAll):
      guard let process = processes[index], process.run == run, process.isSpawned else { return nil }
      guard process.isMainAlive else {
        // The main process has ended already; an end that takes all ends the others.
        guard takesAll else { return nil }
        processes[index] = nil
        return .emptied(ServiceID(index), run: run)
      }
      let isEmpty = takesAll || !process.hasMembers
      processes[index]?.isMainAlive = false
      if isEmpty { processes[index] = nil }
      return .exited(ServiceID(index), run: run, exit, isEmpty: isEmpty, others: isEmpty ? 0 : 1 + Int(run % 3))
    case .membersDie(let index, let run):
      guard let process = processes[index], process.run == run, process.hasMembers || !process.isMainAlive else { return nil }
      processes[index]?.hasMembers = false
      guard !process.isMainAlive else { return nil }
      processes[index] = nil
      return .emptied(ServiceID(index), run: run)
    case .hookDone(let index, let run, let hook, let passed):
      return .hookFinished(ServiceID(index), run: run, hook, passed: passed)
    case .speech(let index, let run, let notification):
      return speak(index, run, notification)
    case .checkDone(let index, let check):
      if cancelled.contains(check), !draws[index].happens(behaviour(index).answersLate) { return nil }
      return .checkFinished(ServiceID(index), check: check, passed: passes(index))
    }
  }

  private mutating func spawnDone(_ index: Int, _ run: UInt64, _ succeeds: Bool) -> Event? {
    guard let process = processes[index], process.run == run else { return nil }
    guard succeeds else {
      processes[index] = nil
      return .spawnFailed(ServiceID(index), run: run, isHopeless: run.isMultiple(of: 3))
    }
    let behaviour = behaviour(index)
    processes[index]?.isSpawned = true
    processes[index]?.bornAt = now
    processes[index]?.hasMembers = draws[index].happens(behaviour.leavesMembers)
    let isClean = isCalm || draws[index].happens(behaviour.exitsCleanly)
    let exit: Exit = isClean ? .code(0) : draws[index].one(of: [.code(1), .code(3), .signal(11, coreDumped: true), .unknown])
    if specs[index].kind == .oneshot || draws[index].happens(behaviour.dies) {
      let dies = now + draws[index].milliseconds(behaviour.life)
      if specs[index].kind == .oneshot || dies < scenario.calm {
        agenda.add(.death(index, run: run, exit, takesAll: false), at: dies, key: draws[index].bits())
      }
    }
    if specs[index].start.isNotified, !draws[index].happens(behaviour.staysUnready) {
      later(.speech(index, run: run, .ready), index, behaviour.readyAfter)
    }
    if draws[index].happens(behaviour.asksForTime) {
      later(.speech(index, run: run, .extendTimeout(draws[index].milliseconds(1...3000))), index, 1...4000)
    }
    if let watchdog = specs[index].watchdog {
      later(.speech(index, run: run, .alive), index, 0...Int(watchdog.inSeconds * 500))
    }
    return .spawned(ServiceID(index), run: run)
  }

  /// Sends a notification of a process, if it lives. Signs of life follow each other within half the watchdog's time.
  private mutating func speak(_ index: Int, _ run: UInt64, _ notification: Notification) -> Event? {
    guard let process = processes[index], process.run == run, process.isSpawned, process.isMainAlive else { return nil }
    if notification == .reloading, !draws[index].happens(behaviour(index).staysUnready) {
      later(.speech(index, run: run, .ready), index, behaviour(index).readyAfter)
    }
    if notification == .alive, let watchdog = specs[index].watchdog {
      let misses = draws[index].happens(behaviour(index).missesWatchdog)
      later(.speech(index, run: run, .alive), index, 0...Int(watchdog.inSeconds * 500))
      if misses { return nil }
    }
    return .notified(ServiceID(index), run: run, notification)
  }

  /// Lets immortal and deaf processes end from now on.
  private mutating func calmDown() {
    for index in processes.indices {
      guard let process = processes[index], process.isImmortal || process.isDeaf else { continue }
      processes[index]?.isImmortal = false
      processes[index]?.isDeaf = false
      if process.mustDie { kill(index, process.run) }
    }
  }

  private mutating func passes(_ index: Int) -> Bool {
    let behaviour = behaviour(index)
    let fails = draws[index].happens(behaviour.checkFails)
    guard specs[index].kind != .external else { return !fails }
    guard let process = processes[index], process.isSpawned, process.isMainAlive else { return false }
    return !fails && now >= process.bornAt + .milliseconds(behaviour.warmUp)
  }

  /// Whether a service beats now; the next beat is on the agenda in any case.
  mutating func beats(_ index: Int) -> Bool {
    later(.beat(index), index, 500...3000)
    let isAlive = specs[index].kind == .external || processes[index]?.isSpawned == true
    return isAlive && !draws[index].happens(behaviour(index).missesBeats)
  }
}
