// Going on where an earlier Stoker ended: its counters, its wishes, and the services that still run (rule 26).

import Journal
import Logging
import Orchestration
import Processes
import ServiceLogs

extension SupervisorLoop {
  /// Tells the core what is known, and adopts what runs. Before the boot.
  mutating func resume(_ predecessor: Predecessor) {
    var resumed: [String] = []
    var lost: [String] = []
    var bound = 0
    for index in services.indices {
      let service = services[index]
      applyLimits(of: service)
      let now = clock.now
      let run = predecessor.runs[service.name]
      let memory = predecessor.memory(of: service, clock: clock)
      if let known = predecessor.journal.services[service.name] { records[index].takeOver(known, memory) }
      let actions = core.remember(memory, of: ServiceID(index), at: now, jitter: Self.jitter)
      if let run {
        if memory.standing == .remains { countedEnds.insert(run.key) }
        let adoption = adopt(run, of: service, ServiceID(index))
        if adoption?.isResumed == true { resumed.append(service.name) } else { lost.append(service.name) }
        bound = adoption?.lossBound ?? bound
      }
      carryOut(actions, at: now)
    }
    for (name, known) in predecessor.journal.services where graph.id(named: name) == nil { reloads.lastRuns[name] = known.lastRun }
    chronicle.forget(allBut: services.map(\.name))
    workshop.logs.removeStale()
    // Rule 36: what was lost is said.
    if !resumed.isEmpty {
      logger.notice(
        "\(resumed.count) services run on, and their output is read on; of each of its streams \(bound) bytes at most are missing, which the Stoker that was killed had read and not written"
      )
    }
    if !lost.isEmpty { logger.warning("what these said last, when no Stoker was there, is lost: \(lost.joined(separator: ", "))") }
  }

  /// Bounds what a service may use; what cannot be bounded here is said.
  func applyLimits(of service: Service) {
    for refusal in world.processes.applyLimits(of: service) { logger.warning("\(service.name): \(refusal)") }
  }

  /// What was found of the run's output; nil if nothing of the run is there.
  private mutating func adopt(_ run: LeftRun, of service: Service, _ id: ServiceID) -> Adoption? {
    records[id.index].run = run.run
    runningChanged = true
    guard run.isThere else {
      logger.warning("\(service.name): ended while no Stoker was there")
      let seconds = run.startedAt.map { max(0, Timestamp.now.seconds - $0.seconds) } ?? 0
      chronicle.end(of: run.key, at: .now, cause: "it ended while no Stoker was there", exit: .unknown, seconds: seconds)([])
      return nil
    }
    records[id.index].process = run.leader
    let what = run.leader.map { "pid \($0.pid)" } ?? "of which only what it had started is left"
    logger.notice("\(service.name): adopted from an earlier Stoker, \(what)")
    return world.processes.adopt(run, of: service)
  }
}
