// Services in every state, for reloads in each of them.

import Orchestration

/// A file, and the way of its service "dao" into a state.
struct ReloadStage: Sendable, CustomStringConvertible {
  var description: String
  var status: Status
  var specs: [ServiceSpec]
  var prepare: @Sendable (inout Rig) -> Void

  /// A rig in which the service is in the state.
  func rig() throws -> Rig {
    var rig = try Rig(specs)
    prepare(&rig)
    return rig
  }

  /// The events afterwards: every open request is answered, every process ends once and comes back, and at the end
  /// everything is stopped.
  static func goOn(_ rig: inout Rig) {
    rig.pass(.seconds(7))
    calm(&rig)
    for spec in rig.graph.services where spec.check != nil { rig.passes[spec.name] = true }
    rig.pass(.seconds(3))
    for spec in rig.graph.services.sorted(by: { $0.name < $1.name }) where spec.kind != .external {
      if rig[spec.name].isLeftOver { rig.exit(spec.name, .signal(9, coreDumped: false)) }
      if rig[spec.name].status == .running { rig.exit(spec.name, .code(1)) }
    }
    rig.pass(.seconds(700))
    rig.command(.shutdown)
    rig.pass(.seconds(100))
  }

  /// Answers every request that was held back, and ends every process that would not end.
  static func calm(_ rig: inout Rig) {
    rig.holdsSpawns = []
    rig.deaf = []
    rig.immortal = []
    rig.holdsHooks = []
    rig.deafHooks = []
    for spec in rig.graph.services.sorted(by: { $0.name < $1.name }) {
      let name = spec.name
      if let hook = rig[name].hook { rig.finish(hook, of: name) }
      if rig.unanswered.contains(name) { rig.spawned(name) }
      if rig[name].isReadying { rig.say(name, .ready) }
      if rig[name].status == .stopping, rig[name].isAlive { rig.exit(name, .signal(15, coreDumped: false)) }
      if rig[name].status == .stopping, rig[name].hook == nil, !rig[name].isAlive { rig.feed(.emptied(rig.id(name), run: rig[name].run)) }
    }
  }

  private static func stage(
    _ words: String, _ status: Status, with change: (inout ServiceSpec) -> Void = { _ in }, others: [ServiceSpec] = [],
    after prepare: @escaping @Sendable (inout Rig) -> Void
  ) -> ReloadStage {
    ReloadStage(description: words, status: status, specs: [ServiceSpec.named("dao").with(change)] + others, prepare: prepare)
  }

  /// A stage that boots, and then takes these inputs.
  private static func booted(_ then: @escaping @Sendable (inout Rig) -> Void = { _ in }) -> @Sendable (inout Rig) -> Void {
    { rig in
      rig.boot()
      rig.pass(.milliseconds(1500))
      then(&rig)
    }
  }

  static let all: [ReloadStage] = starts + runs + ends

  static let starts: [ReloadStage] = [
    stage("disabled", .stopped, with: { $0.isEnabled = false }, after: booted()),
    stage("before the boot", .stopped) { $0.pass(.seconds(5)) },
    stage("waiting for what it requires", .waiting, with: { $0.dependencies = [Dependency(ServiceID(1))] }, others: [.named("dep")]) {
      rig in
      rig.holdsSpawns = ["dep"]
      rig.boot()
    },
    stage(
      "waiting for what is optional", .waiting, with: { $0.dependencies = [Dependency(ServiceID(1), isOptional: true)] },
      others: [.named("dep")]
    ) { rig in
      rig.holdsSpawns = ["dep"]
      rig.boot()
      rig.pass(.seconds(25))
    },
    stage("waiting for a lower layer", .waiting, with: { $0.layer = 1 }, others: [.named("low")]) { rig in
      rig.holdsSpawns = ["low"]
      rig.boot()
    },
    stage("its pre-start hook runs", .starting, with: { $0.hooks = [.preStart] }) { rig in
      rig.holdsHooks = ["dao pre_start"]
      rig.boot()
    },
    stage("being spawned", .starting) { rig in
      rig.holdsSpawns = ["dao"]
      rig.boot()
    },
    stage("not ready yet", .starting, with: { $0.start.isNotified = true }, after: booted()),
    stage(
      "external, not passed yet", .starting,
      with: {
        $0.kind = .external; $0.check = CheckPolicy()
      }
    ) { rig in
      rig.boot()
      rig.pass(.seconds(100))
    },
    stage("in back-off", .backoff, after: booted { $0.exit("dao") }),
  ]

  static let runs: [ReloadStage] = [
    stage("running", .running, after: booted()),
    stage("its post-start hook runs", .running, with: { $0.hooks = [.postStart] }) { rig in
      rig.holdsHooks = ["dao post_start"]
      rig.boot()
    },
    stage("running, with a watchdog", .running, with: { $0.watchdog = .seconds(10) }, after: booted { $0.pass(.seconds(8)) }),
    stage(
      "running, with attempts", .running,
      after: booted { rig in
        rig.exit("dao")
        rig.pass(.seconds(300))
      }),
    stage("a check in flight", .running, with: { $0.check = CheckPolicy() }, after: booted()),
    stage("healthy by its checks", .running, with: { $0.check = CheckPolicy() }) { rig in
      rig.passes["dao"] = true
      rig.boot()
      rig.pass(.seconds(100))
    },
    stage("degraded", .running, with: { $0.check = CheckPolicy() }) { rig in
      rig.passes["dao"] = true
      rig.boot()
      rig.pass(.seconds(100))
      rig.passes["dao"] = false
      rig.pass(.seconds(30))
      rig.passes = [:]
    },
    stage(
      "a forced check in flight and another queued", .running, with: { $0.check = CheckPolicy() },
      after: booted { rig in
        rig.checkNow("dao")
        rig.checkNow("dao")
      }),
    stage(
      "checked by heartbeat, not beaten yet", .running, with: { $0.check = CheckPolicy(source: .heartbeat) },
      after: booted { $0.pass(.seconds(95)) }),
    stage(
      "its heartbeat expired", .running, with: { $0.check = CheckPolicy(source: .heartbeat, autoRecovery: false) },
      after: booted { $0.pass(.seconds(200)) }),
    stage(
      "about to be stopped", .running, others: [.named("edge", on: [0])],
      after: booted { rig in
        rig.deaf = ["edge"]
        rig.stop("dao", .cascade)
      }),
    stage(
      "about to be restarted", .running, others: [ServiceSpec(name: "edge", dependencies: [Dependency(ServiceID(0), onRestart: .restart)])],
      after: booted { rig in
        rig.deaf = ["edge"]
        rig.restart("dao")
      }),
  ]

  static let ends: [ReloadStage] = [
    stage(
      "its pre-stop hook runs", .stopping, with: { $0.hooks = [.preStop, .stop] },
      after: booted { rig in
        rig.holdsHooks = ["dao pre_stop"]
        rig.restart("dao")
      }),
    stage(
      "asked to end", .stopping,
      after: booted { rig in
        rig.deaf = ["dao"]
        rig.stop("dao")
      }),
    stage("to be stopped, being spawned", .stopping) { rig in
      rig.holdsSpawns = ["dao"]
      rig.boot()
      rig.stop("dao")
    },
    stage("its pre-start hook is cancelled", .stopping, with: { $0.hooks = [.preStart] }) { rig in
      rig.holdsHooks = ["dao pre_start"]
      rig.deafHooks = rig.holdsHooks
      rig.boot()
      rig.restart("dao")
      rig.stop("dao")
    },
    stage(
      "something of it remains", .stopping,
      after: booted { rig in
        rig.deaf = ["dao"]
        rig.exit("dao", .code(1), isEmpty: false)
      }),
    stage(
      "killed", .stopping,
      after: booted { rig in
        rig.deaf = ["dao"]
        rig.immortal = ["dao"]
        rig.restart("dao")
        rig.pass(.seconds(33))
      }),
    stage(
      "left over", .stopping,
      after: booted { rig in
        rig.deaf = ["dao"]
        rig.immortal = ["dao"]
        rig.restart("dao")
        rig.pass(.seconds(40))
      }),
    stage(
      "its post-stop hook runs", .stopping, with: { $0.hooks = [.postStop] },
      after: booted { rig in
        rig.holdsHooks = ["dao post_stop"]
        rig.exit("dao")
      }),
    stage("stopped by hand", .stopped, after: booted { $0.stop("dao") }),
    stage("completed", .completed, with: { $0.restart.rule = .onFailure }, after: booted { $0.exit("dao", .code(0)) }),
    stage("given up", .failed, with: { $0.restart.maxAttempts = 0 }, after: booted { $0.exit("dao") }),
    stage("failed by its policy", .failed, with: { $0.restart.rule = .never }, after: booted { $0.exit("dao") }),
  ]
}
