// Random scenarios.

import Orchestration

extension Scenario {
  /// The scenario of a seed.
  package init(seed: UInt64) {
    var draws = Draws(seed: seed)
    let count = draws.happens(70) ? draws.number(1...6) : draws.number(7...20)
    let usesLayers = draws.happens(30)
    var parts = (0..<count).map { Self.part($0, usesLayers: usesLayers, &draws) }
    if draws.happens(40) { for position in parts.indices { parts[position].isLater = draws.happens(20) } }
    let calm = Instant(nanoseconds: 0) + .seconds(draws.number(20...120))
    self.init(seed: seed, parts: parts, inputs: [], calm: calm, end: calm + .seconds(240))
    inputs = Self.inputs(count, until: calm, &draws)
  }

  /// Adds times in which the supervisor does not run, from milliseconds to a minute.
  mutating func addAbsences() {
    var draws = Draws(seed: seed, stream: 3_000_000)
    var at = Instant(nanoseconds: 0)
    for _ in 0..<draws.number(1...8) {
      let start = at + draws.milliseconds(1...20_000)
      at = start + draws.milliseconds(draws.one(of: [1...100, 100...1000, 1000...10_000, 10_000...60_000]))
      absences.append(start...at)
    }
  }

  /// Adds conditions under which everything ends, and commands to all services at once.
  mutating func addEnds() {
    var draws = Draws(seed: seed, stream: 4_000_000)
    exits.conditions = Set(ExitCondition.allCases.filter { _ in draws.happens(60) })
    if draws.happens(30) { exits.untilCompleted = "s\(draws.number(0...parts.count - 1))" }
    // Without a request, most of them last until a condition comes about.
    inputs.removeAll { input in
      switch input.request {
      case .shutdown, .killAll: !draws.happens(20)
      case .boot, .start, .stop, .restart, .checkNow, .beat, .register, .beatRegistered, .deregister, .reload, .reloadService, .signal,
        .startAll, .stopAll, .restartAll:
        false
      }
    }
    for position in parts.indices where parts[position].spec.kind == .process && draws.happens(25) {
      parts[position].spec.kind = .oneshot
      parts[position].spec.start.isNotified = false
      parts[position].spec.watchdog = nil
      if parts[position].spec.restart.rule == .always { parts[position].spec.restart.rule = .onFailure }
      parts[position].behaviour.life = 1...10000
    }
    for _ in 0..<draws.number(0...4) {
      let at = Instant(nanoseconds: 0) + draws.milliseconds(0...20_000)
      inputs.append(Input(at: at, request: draws.one(of: [.startAll, .startAll, .stopAll, .restartAll])))
    }
    inputs = inputs.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
  }

  /// Adds reloads of services, signals, and stops in which the main process is asked alone.
  mutating func addReloads() {
    var draws = Draws(seed: seed, stream: 4_500_000)
    for index in parts.indices where parts[index].spec.kind == .process || parts[index].spec.kind == .oneshot {
      if draws.happens(50) { parts[index].spec.stop.scope = .process }
      if parts[index].spec.hooks.contains(.stop), draws.happens(50) { parts[index].spec.stop.isCommandEnough = true }
      guard draws.happens(70) else { continue }
      let hasCheck = draws.happens(60)
      let way: ReloadPolicy.Way = draws.happens(50) ? .signal(1) : .command
      parts[index].spec.reload = ReloadPolicy(
        way, hasCheck: hasCheck, timeout: draws.milliseconds(200...12_000),
        isReported: parts[index].spec.start.isNotified && draws.happens(70))
      if hasCheck { parts[index].spec.hooks.insert(.reloadCheck) }
      if way == .command { parts[index].spec.hooks.insert(.reload) }
    }
    let span = Int(calm.nanoseconds / 1_000_000)
    for _ in 0..<draws.number(5...40) {
      let service = draws.number(0...parts.count - 1)
      let request: Request =
        switch draws.number(0...9) {
        case 0...5: .reloadService(service)
        case 6: .restart(service, force: false)
        default: .signal(service, draws.one(of: [1, 1, 10, 9]), draws.one(of: [.process, .process, .group]))
        }
      let at = draws.happens(50) ? draws.number(0...span) : draws.number(0...8000)
      inputs.append(Input(at: Instant(nanoseconds: 0) + .milliseconds(at), request: request))
    }
    inputs = inputs.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
  }

  /// Makes groups of some dependencies of services that have several (rule 89).
  mutating func addGroups() {
    var draws = Draws(seed: seed, stream: 5_000_000)
    for position in parts.indices where draws.happens(70) {
      let count = parts[position].spec.dependencies.count
      guard count > 1 else { continue }
      // The edges of a group come from one entry of the file, and differ in their service alone.
      let begin = draws.number(0...count - 2)
      let first = parts[position].spec.dependencies[begin]
      for edge in begin..<(draws.happens(50) ? count : begin + 2) {
        let service = parts[position].spec.dependencies[edge].service
        parts[position].spec.dependencies[edge] = first.to(service)
        parts[position].spec.dependencies[edge].group = 0
      }
    }
  }

  /// Has some dependencies waited for until they have ended, some signals count as success, and some runs live only so long.
  mutating func awaitEnds() {
    var draws = Draws(seed: seed, stream: 6_000_000)
    let limitsRuns = draws.happens(50)
    for position in parts.indices {
      if draws.happens(40) { parts[position].spec.restart.successSignals = [11] }
      if limitsRuns, parts[position].spec.kind != .external, draws.happens(50) {
        parts[position].spec.runtimeMax = draws.milliseconds(500...20_000)
      }
      for edge in parts[position].spec.dependencies.indices {
        let isMeant = parts[position].spec.dependencies[edge].condition == .completed
        if isMeant || draws.happens(40) { parts[position].spec.dependencies[edge].condition = .ended }
      }
    }
  }

  private static func part(_ identity: Int, usesLayers: Bool, _ draws: inout Draws) -> Part {
    let kinds: [ServiceSpec.Kind] = [.process, .process, .process, .process, .oneshot, .external, .inProcess]
    let kind = draws.one(of: kinds)
    var spec = ServiceSpec(name: "s\(identity)", kind: kind)
    spec.isEnabled = !draws.happens(10)
    spec.isCritical = draws.happens(70)
    if usesLayers, draws.happens(40) { spec.layer = draws.number(0...4) }
    var taken: Set<Int> = []
    if identity > 0 {
      for _ in 0..<draws.number(0...3) {
        let dependency = draws.number(0...identity - 1)
        guard taken.insert(dependency).inserted else { continue }
        spec.dependencies.append(
          Dependency(
            ServiceID(dependency), condition: draws.one(of: [.started, .started, .healthy, .healthy, .ready, .completed]),
            isOptional: draws.happens(35), onRestart: draws.one(of: [.ignore, .ignore, .ignore, .restart, .stop])))
      }
    }
    if kind == .external || draws.happens(60) { spec.check = check(&draws) }
    spec.restart = restart(kind, &draws)
    spec.stop = StopPolicy(signal: 15, timeout: draws.milliseconds(0...8000))
    if kind == .process || kind == .oneshot { spec.hooks = Set(Hook.aroundRuns.filter { _ in draws.happens(12) }) }
    if kind == .process, draws.happens(25) { spec.start.isNotified = true }
    spec.start.timeout = draws.milliseconds(500...15_000)
    if kind == .process, draws.happens(20) { spec.watchdog = draws.milliseconds(1000...10_000) }
    spec.heartbeat = HeartbeatPolicy(interval: .seconds(draws.number(1...5)), timeout: .seconds(draws.number(6...15)))
    return Part(identity: identity, spec: spec, behaviour: behaviour(kind, &draws))
  }

  private static func check(_ draws: inout Draws) -> CheckPolicy {
    CheckPolicy(
      source: draws.happens(15) ? .heartbeat : .probe, interval: draws.milliseconds(2000...20000), timeout: .seconds(5),
      failureThreshold: draws.number(1...4), recoveryThreshold: draws.number(1...3),
      startPeriod: draws.happens(30) ? draws.milliseconds(0...10000) : .zero, startInterval: draws.milliseconds(500...4000),
      autoRecovery: draws.happens(80))
  }

  private static func restart(_ kind: ServiceSpec.Kind, _ draws: inout Draws) -> RestartPolicy {
    let rules: [RestartPolicy.Rule] = kind == .oneshot ? [.onFailure, .never] : [.always, .always, .onFailure, .never]
    return RestartPolicy(
      rule: draws.one(of: rules), maxAttempts: draws.happens(20) ? nil : draws.number(0...4),
      backoff: Backoff(
        base: draws.milliseconds(0...2000), factor: draws.one(of: [1, 1.5, 2, 3]), max: draws.milliseconds(1000...10000),
        jitter: draws.one(of: [0, 0, 0.5, 1])),
      resetAfter: .seconds(draws.number(1...60)), successExitCodes: draws.happens(20) ? [0, 3] : [0])
  }

  private static func behaviour(_ kind: ServiceSpec.Kind, _ draws: inout Draws) -> Behaviour {
    var behaviour = Behaviour()
    if draws.happens(30) { behaviour.spawnFails = draws.number(1...60) }
    if draws.happens(15) { behaviour.spawnTime = 1...8000 }
    if draws.happens(50) { behaviour.dies = draws.number(10...100) }
    if draws.happens(30) { behaviour.life = 0...2000 }
    if kind == .oneshot { behaviour.life = 1...10000 }
    behaviour.exitsCleanly = kind == .oneshot ? 70 : draws.number(0...50)
    if draws.happens(25) { behaviour.isDeaf = draws.number(20...100) }
    if draws.happens(10) { behaviour.isImmortal = draws.number(10...100) }
    if draws.happens(25) { behaviour.leavesMembers = draws.number(20...100) }
    if draws.happens(30) { behaviour.hookFails = draws.number(5...60) }
    if draws.happens(30) { behaviour.hookTime = 0...9000 }
    if draws.happens(30) { behaviour.staysUnready = draws.number(5...80) }
    if draws.happens(30) { behaviour.missesWatchdog = draws.number(5...60) }
    if draws.happens(20) { behaviour.asksForTime = draws.number(20...80) }
    if draws.happens(50) { behaviour.checkFails = draws.one(of: [5, 30, 60, 100]) }
    if draws.happens(20) { behaviour.checkTime = 1...9000 }
    if draws.happens(40) { behaviour.missesBeats = draws.number(10...90) }
    if draws.happens(30) { behaviour.warmUp = draws.number(0...20000) }
    return behaviour
  }

  private static func inputs(_ count: Int, until calm: Instant, _ draws: inout Draws) -> [Input] {
    var inputs = [Input(at: Instant(nanoseconds: 0), request: .boot)]
    let span = calm.nanoseconds / 1_000_000
    let stopsAll = draws.happens(40)
    for _ in 0..<draws.number(0...20) {
      // Half of them close together, where a command meets the effects of others.
      let at = draws.happens(50) ? draws.number(0...Int(span)) : draws.number(0...3000)
      inputs.append(Input(at: Instant(nanoseconds: 0) + .milliseconds(at), request: request(count, &draws)))
    }
    if stopsAll {
      let at = Instant(nanoseconds: 0) + .milliseconds(draws.number(0...Int(span)))
      inputs.append(Input(at: at, request: .shutdown))
      if draws.happens(30) { inputs.append(Input(at: at + draws.milliseconds(0...10000), request: .killAll)) }
    }
    return inputs.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
  }

  /// The revision of a reload; half of all reloads are of the same file.
  private static func revision(_ count: Int, _ draws: inout Draws) -> Revision {
    var revision = Revision()
    if draws.happens(50) { return revision }
    let all = Array(0..<count)
    if draws.happens(50) { revision.adds = all.filter { _ in draws.happens(30) } }
    if draws.happens(40) { revision.removes = all.filter { _ in draws.happens(25) } }
    if draws.happens(50) { revision.restarts = all.filter { _ in draws.happens(30) } }
    if draws.happens(30) { revision.switches = all.filter { _ in draws.happens(20) } }
    if draws.happens(40) { revision.checks = all.filter { _ in draws.happens(30) } }
    if draws.happens(40) { revision.order = draws.bits() }
    return revision
  }

  private static func request(_ count: Int, _ draws: inout Draws) -> Request {
    let service = draws.number(0...count - 1)
    let name = "r\(draws.number(0...2))"
    if draws.happens(15) { return .reload(revision(count, &draws)) }
    switch draws.number(0...11) {
    case 0, 1, 2: return .start(service, force: draws.happens(40))
    case 3, 4: return .stop(service, draws.one(of: [.refuse, .force, .cascade]))
    case 5: return .stop(service, .force)
    case 6, 7, 8: return .restart(service, force: draws.happens(40))
    case 9: return .checkNow(service)
    case 10: return .beat(service, draws.one(of: [nil, .healthy, .unhealthy]))
    default:
      switch draws.number(0...2) {
      case 0: return .register(name, seconds: draws.number(1...20))
      case 1: return .beatRegistered(name)
      default: return .deregister(name)
      }
    }
  }
}
