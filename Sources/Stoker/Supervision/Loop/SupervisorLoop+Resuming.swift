// Continues from the state that an earlier Stoker left: its counters, its wishes, and the services that still run (rule 26).

import Journal
import Linux
import Logging
import Orchestration
import Processes
import ServiceFile
import ServiceLogs

extension SupervisorLoop {
  /// Hands the earlier state to the core, and adopts live runs. Before the boot.
  mutating func resume(_ takeover: Takeover) {
    var resumed: [String] = []
    var lost: [String] = []
    var bound = 0
    for index in services.indices {
      let service = services[index]
      applyLimits(of: ServiceID(index))
      let now = clock.now
      let run = takeover.runs[service.name]
      let left = takeover.memory(of: service, clock: clock)
      let memory = reloads.file?.choice?.heeded(in: left, of: service.name) ?? left
      if let known = takeover.journal.services[service.name] { records[index].takeOver(known, memory) }
      if let counts = takeover.counts(of: service.name, clock: clock) { service.starts.kept.goBack(to: counts.since) }
      let actions = core.remember(memory, of: ServiceID(index), at: now, jitter: Self.jitter)
      if let run {
        if memory.leftAs == .remains { countedEnds.insert(run.key) }
        let adoption = adopt(run, of: service, ServiceID(index), rights: takeover.rights[service.name])
        if adoption?.isResumed == true { resumed.append(service.name) } else { lost.append(service.name) }
        bound = max(bound, adoption?.lossBound ?? 0)
      }
      carryOut(actions, at: now)
    }
    history.begin()
    // Services that do not change from here on are in the ledger too: their time goes on.
    for index in services.indices { history.write(core.view(ServiceID(index)), of: services[index], clock: clock) }
    for (name, known) in takeover.journal.services where graph.id(named: name) == nil { reloads.lastRuns[name] = known.lastRun }
    history.forget(allBut: services.map(\.name))
    drivers.logs.removeStale()
    // Rule 36: lost output is reported.
    if !resumed.isEmpty {
      logger.notice(
        """
        \(resumed.count == 1 ? "1 service" : "\(resumed.count) services") kept running, and the output is read on; at most \(bound) bytes of each stream are missing, \
        which the killed Stoker had read and not written
        """)
    }
    if !lost.isEmpty {
      logger.warning("the last output of these services, written while Stoker was down, is lost: \(lost.joined(separator: ", "))")
    }
  }

  /// Sets the resource limits of a service, and reports those that cannot be set.
  mutating func applyLimits(of id: ServiceID) {
    records[id.index].missingLimits = drivers.processes.applyLimits(of: services[id.index])
    for refusal in records[id.index].missingLimits { logger.warning("\(name(id)): \(refusal)") }
    core.touch(id)
  }

  /// Adopts a run, or records its end. Returns the state of its output; nil if no process of the run is left.
  private mutating func adopt(_ run: LeftRun, of service: Service, _ id: ServiceID, rights: FileRights?) -> Adoption? {
    records[id.index].run = run.run
    runningChanged = true
    guard run.isThere else {
      logger.warning("\(service.name): ended while Stoker was down")
      let seconds = run.startedAt.map { max(0, Timestamp.now.seconds - $0.seconds) }
      history.end(of: run.key, at: .now, exit: .unknown, seconds: seconds)("it ended while Stoker was down", [])
      return nil
    }
    records[id.index].process = run.leader
    let found = run.leader.map { "pid \($0.pid)" } ?? "only its child processes are left"
    logger.notice("\(service.name): adopted from an earlier Stoker, \(found)")
    return drivers.processes.adopt(run, of: service, rights: rights)
  }
}
