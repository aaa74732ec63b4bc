// The table of states and inputs, made by giving each input to a machine in each state.

@testable import Orchestration

/// The table of docs/states.md.
struct StateTable {
  /// A machine in one state.
  struct Stand {
    var name: String
    var machine: ServiceMachine
  }

  /// One input that fits the machine's state.
  struct Input {
    var name: String
    var give: (inout ServiceMachine) -> Void
  }

  private static let now = Instant(nanoseconds: 1_000_000_000)
  private static var moment: Moment { Moment(now: now) }
  private static let asked = Cause.requested(.program)

  /// The page.
  static var text: String {
    var lines = [
      "# States and inputs of a service",
      "",
      "Made by `make states` from the machine itself (`Sources/Orchestration/Machine/`), and compared by a test. Each row is an input;",
      "an input without effect in a state is not listed. *becomes* is empty if the state stays; steps are listed in their order.",
      "",
      "A service *with hooks* has all hooks, reports when it is ready, and has a watchdog and a `runtime_max`; the others have a check, and no hooks.",
      "*start*, *dependents go down* and *looked at again* are answered by the orchestrator, which knows the neighbours.",
    ]
    for stand in stands {
      var rows: [String] = []
      var impossible: [String] = []
      for input in inputs {
        var machine = stand.machine
        input.give(&machine)
        let steps = machine.takeSteps()
        let isImpossible = steps.contains { if case .impossible = $0 { true } else { false } }
        if isImpossible {
          impossible.append(input.name)
          continue
        }
        let (before, after) = (name(of: stand.machine), name(of: machine))
        let words = steps.compactMap(words)
        let health = machine.values.health == stand.machine.values.health ? [] : [machine.values.health.rawValue]
        if before == after, words.isEmpty, health.isEmpty { continue }
        rows.append("| \(input.name) | \(before == after ? "" : after) | \((health + words).joined(separator: ", ")) |")
      }
      lines += ["", "## \(stand.name)", "", "| input | becomes | health and steps |", "|---|---|---|"] + rows
      if !impossible.isEmpty { lines += ["", "Cannot come: \(impossible.joined(separator: "; "))."] }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  // MARK: States

  private static var plain: ServiceSpec {
    ServiceSpec(name: "plain", check: CheckPolicy(failureThreshold: 1))
  }

  private static var hooked: ServiceSpec {
    ServiceSpec(
      name: "hooked", start: StartPolicy(isNotified: true), hooks: Set(Hook.allCases), watchdog: .seconds(10),
      runtimeMax: .seconds(3600),
      reload: ReloadPolicy(.command, hasCheck: true, isReported: true))
  }

  static var stands: [Stand] {
    let hooks = { machine(hooked) { $0.hookFinished(run: 1, .preStart, passed: true, at: moment) } }
    let up = machine(plain) {
      $0.spawned(run: 1, at: moment)
    } after: {
      $0.checkDue(1, at: moment)
    }
    let hookedUp = machine(from: hooks()) {
      $0.spawned(run: 1, at: moment)
      $0.notified(run: 1, .ready, at: moment)
      $0.hookFinished(run: 1, .postStart, passed: true, at: moment)
    }
    let asked = machine(from: up) { $0.takeDown(.rest, order: nil, cause: Self.asked, at: moment) }
    let killed = machine(from: asked) { $0.lifeDue(at: moment) }
    let external = ServiceSpec(name: "external", kind: .external, check: CheckPolicy())
    let oneshot = ServiceSpec(name: "oneshot", kind: .oneshot)
    let hopeless = ServiceSpec(name: "hopeless", restart: RestartPolicy(maxAttempts: 0))
    return [
      Stand(name: "stopped", machine: ServiceMachine(plain, ServiceID(0), at: now)),
      Stand(
        name: "waiting",
        machine: machine(from: ServiceMachine(plain, ServiceID(0), at: now)) {
          $0.wantUp(by: .program, cause: Self.asked, at: moment)
          $0.wait(for: [Blocker(ServiceID(1), .required(.started))], ServiceState.Waiting(start: .first), at: moment)
        }),
      Stand(name: "starting: its pre-start hook runs (with hooks)", machine: machine(hooked) { _ in }),
      Stand(name: "starting: the spawn was requested", machine: machine(plain) { _ in }),
      Stand(
        name: "starting: the process lives and is not ready (with hooks)",
        machine: machine(from: hooks()) { $0.spawned(run: 1, at: moment) }),
      Stand(name: "starting: external, until a check passes", machine: machine(external) { $0.checkDue(1, at: moment) }),
      Stand(name: "running, a check is in flight", machine: up),
      Stand(name: "running (with hooks)", machine: hookedUp),
      Stand(
        name: "running, its reload command runs (with hooks)",
        machine: machine(from: hookedUp) {
          _ = $0.request(.reload, by: .program, at: moment)
          $0.hookFinished(run: 1, .reloadCheck, passed: true, at: moment)
        }),
      Stand(
        name: "running, asked to reload, and may report it (with hooks)",
        machine: machine(from: hookedUp) {
          _ = $0.request(.reload, by: .program, at: moment)
          $0.hookFinished(run: 1, .reloadCheck, passed: true, at: moment)
          $0.hookFinished(run: 1, .reload, passed: true, at: moment)
        }),
      Stand(
        name: "running, its stop waits for dependents",
        machine: machine(from: up) { $0.takeDown(.rest, order: .requiring, cause: Self.asked, at: moment) }),
      Stand(name: "backoff", machine: machine(from: up) { $0.exited(run: 1, .code(1), isEmpty: true, at: moment) }),
      Stand(
        name: "stopping: a hook asks it to end (with hooks)",
        machine: machine(from: hookedUp) { $0.takeDown(.rest, order: nil, cause: Self.asked, at: moment) }),
      Stand(name: "stopping: asked by signal", machine: asked),
      Stand(name: "stopping: killed", machine: killed),
      Stand(name: "stopping: left over", machine: machine(from: killed) { $0.lifeDue(at: moment) }),
      Stand(
        name: "stopping: its processes have ended, its post-stop hook runs (with hooks)",
        machine: machine(from: hookedUp) { $0.exited(run: 1, .code(1), isEmpty: true, at: moment) }),
      Stand(
        name: "completed",
        machine: machine(oneshot) {
          $0.spawned(run: 1, at: moment)
          $0.exited(run: 1, .code(0), isEmpty: true, at: moment)
        }),
      Stand(
        name: "failed, its attempts are used up",
        machine: machine(hopeless) {
          $0.spawned(run: 1, at: moment)
          $0.exited(run: 1, .code(1), isEmpty: true, at: moment)
        }),
    ]
  }

  /// A machine of this spec that is wanted, has begun its first run, and has then taken these inputs.
  private static func machine(
    _ spec: ServiceSpec, _ drive: (inout ServiceMachine) -> Void, after: (inout ServiceMachine) -> Void = { _ in }
  ) -> ServiceMachine {
    machine(from: ServiceMachine(spec, ServiceID(0), at: now)) {
      $0.wantUp(by: .program, cause: asked, at: moment)
      $0.begin(.first, cause: asked, at: moment)
      drive(&$0)
      after(&$0)
    }
  }

  private static func machine(from machine: ServiceMachine, _ drive: (inout ServiceMachine) -> Void) -> ServiceMachine {
    var machine = machine
    drive(&machine)
    _ = machine.takeSteps()
    return machine
  }

  private static func name(of machine: ServiceMachine) -> String {
    switch machine.state {
    case .starting(let starting): "starting: \(starting.phase)"
    case .stopping(let stopping):
      switch stopping.phase {
      case .preparing(let hook, _): "stopping: \(hook.words)"
      case .asked: "stopping: asked"
      case .killed: "stopping: killed"
      case .leftOver: "stopping: left over"
      case .cleaning: "stopping: post-stop hook"
      }
    case .stopped, .waiting, .running, .backoff, .completed, .failed: machine.state.status.rawValue
    }
  }

  // MARK: Inputs

  static var inputs: [Input] {
    [
      Input(name: "a start is requested") { machine in
        machine.wantUp(by: .program, cause: asked, at: moment)
        machine.raise(cause: asked, at: moment)
      },
      Input(name: "a stop is requested, at once") { machine in
        machine.setWish(false, by: .program, cause: asked, at: moment)
        machine.takeDown(.rest, order: nil, cause: asked, at: moment)
      },
      Input(name: "a stop is requested, after its dependents") { machine in
        machine.setWish(false, by: .program, cause: asked, at: moment)
        machine.takeDown(.rest, order: .requiring, cause: asked, at: moment)
      },
      Input(name: "its dependents have ended") { $0.descend(at: moment) },
      Input(name: "everything is killed") { machine in
        guard machine.state.occupies else { return }
        machine.killNow(cause: asked, at: moment)
      },
      Input(name: "spawned") { $0.spawned(run: $0.values.run, at: moment) },
      Input(name: "could not be spawned") { $0.spawnFailed(run: $0.values.run, isHopeless: false, at: moment) },
      Input(name: "exited with code 0, as the last process") { $0.exited(run: $0.values.run, .code(0), isEmpty: true, at: moment) },
      Input(name: "exited with code 1, as the last process") { $0.exited(run: $0.values.run, .code(1), isEmpty: true, at: moment) },
      Input(name: "exited with code 1, other processes remain") { $0.exited(run: $0.values.run, .code(1), isEmpty: false, at: moment) },
      Input(name: "its last process has ended") { $0.emptied(run: $0.values.run, at: moment) },
      Input(name: "it reports that it is ready") { $0.notified(run: $0.values.run, .ready, at: moment) },
      Input(name: "it reports that it lives") { $0.notified(run: $0.values.run, .alive, at: moment) },
      Input(name: "it reports that it is stuck") { $0.notified(run: $0.values.run, .stuck, at: moment) },
      Input(name: "its signs of life cannot arrive") { $0.notified(run: $0.values.run, .unheard, at: moment) },
      Input(name: "it asks for a minute more") { $0.notified(run: $0.values.run, .extendTimeout(.seconds(60)), at: moment) },
      Input(name: "its hook has passed") { machine in
        if let hook = machine.values.hook { machine.hookFinished(run: machine.values.run, hook, passed: true, at: moment) }
      },
      Input(name: "its hook has failed") { machine in
        if let hook = machine.values.hook { machine.hookFinished(run: machine.values.run, hook, passed: false, at: moment) }
      },
      Input(name: "its check has passed") { machine in
        if let check = machine.checks.inFlight { machine.checkFinished(check, passed: true, at: moment) }
      },
      Input(name: "its check has failed") { machine in
        if let check = machine.checks.inFlight { machine.checkFinished(check, passed: false, at: Moment(now: now + .seconds(60))) }
      },
      Input(name: "the time of its state is over") { machine in
        if machine.state.due != nil { machine.lifeDue(at: moment) }
      },
      Input(name: "its watchdog's time is over") { machine in
        if machine.timers.isWatched { machine.watchdogDue(at: moment) }
      },
      Input(name: "it has lived as long as it may") { machine in
        if machine.timers.isLimited { machine.lifetimeDue(at: moment) }
      },
      Input(name: "a reload of it is requested") { _ = $0.request(.reload, by: .program, at: moment) },
      Input(name: "it reports that it reloads") { $0.notified(run: $0.values.run, .reloading, at: moment) },
      Input(name: "the time of its reload is over") { machine in
        if machine.reload.job != nil { machine.reloadDue(at: moment) }
      },
      Input(name: "a reload changed its command") { machine in
        machine.renew(by: .program, startsCompleted: true, cause: .reloaded(.program), at: moment)
      },
    ]
  }

  private static func words(_ step: MachineStep) -> String? {
    switch step {
    case .act(let action):
      switch action {
      case .spawn: "spawn"
      case .runHook(_, _, let hook): "run its \(hook.words)"
      case .cancelHook(_, _, let hook): "end its \(hook.words)"
      case .signal: "signal"
      case .sendSignal: "a signal as it is"
      case .kill: "SIGKILL"
      case .startCheck: "check"
      case .cancelCheck: "cancel the check"
      case .recordCheck, .abandonCheck, .changed, .retired, .stopped: nil
      }
    case .record(.gaveUp, _): "given up"
    case .record(.restarted, _): "a restart is recorded"
    case .record(.serviceReloaded(_, _, _, let end), _): "its reload has ended: \(end.outcome.rawValue)"
    case .record(.signalled, _): nil
    case .restart: "restarted, as was requested"
    case .arm(.reload, _): "its reload has a time"
    case .start(.first, _): "start"
    case .start(.automatic, _): "start, as an automatic restart"
    case .start(.planned(let reason, _), _): "start, as a restart (\(reason.rawValue))"
    case .start(.forced, _): "start, whatever its dependencies"
    case .recover: "restarted, unless a dependency is lost to it"
    case .gaveUp: "comes back, if a dependency is lost to it"
    case .drag: "dependents go down where their edges demand it"
    case .arm(.watchdog, _): "its watchdog begins again"
    case .arm(.life, _): "its time is set"
    case .look(.itself): "looked at again"
    case .impossible, .record, .arm, .disarm, .standing, .look, .killed, .queueCheck, .requestedCheck, .readHeartbeat: nil
    }
  }
}
