// A history as text.

import Orchestration

/// Writes steps as text.
struct Story {
  private let graph: DependencyGraph
  private(set) var lines: [String] = []

  init(_ graph: DependencyGraph) {
    self.graph = graph
  }

  mutating func tell(_ step: Step) {
    let seconds = Double(step.at.nanoseconds / 1_000_000) / 1000
    lines.append("\(seconds) s  \(input(step.input))")
    for action in step.actions { lines.append("      -> \(text(action))") }
  }

  private func name(_ id: ServiceID) -> String {
    graph[id].name
  }

  private func input(_ input: Step.Input) -> String {
    switch input {
    case .event(.spawned(let id, let run)): "\(name(id)) run \(run) spawned"
    case .event(.spawnFailed(let id, let run, let isHopeless)):
      "\(name(id)) run \(run) could not be spawned\(isHopeless ? ", and never will" : "")"
    case .event(.exited(let id, let run, let exit, let isEmpty, _, _)):
      "\(name(id)) run \(run) \(exit.text)\(isEmpty ? "" : ", others remain")"
    case .event(.emptied(let id, let run)): "\(name(id)) run \(run) is empty"
    case .event(.checkFinished(let id, let check, let passed)):
      "check \(check) of \(name(id)) \(passed.map { $0 ? "passed" : "failed" } ?? "was not made")"
    case .event(.notified(let id, let run, let notification)): "\(name(id)) run \(run) says \(notification)"
    case .event(.hookFinished(let id, let run, let hook, let passed)):
      "the \(hook.words) of \(name(id)) run \(run) \(passed ? "succeeded" : "failed")"
    case .event(.wake): "wake"
    case .command(let command, let answer): "\(text(command)): \(answer)"
    case .checkNow(let id, let answer): "check \(name(id)) now: \(answer)"
    case .registry(let what): "registry: \(what)"
    case .reload(let reload): "reload: \(text(reload))"
    }
  }

  private func text(_ reload: Step.Reload) -> String {
    guard let file = reload.file else { return "the same file" }
    func names(_ slots: [Int]) -> String { slots.map { name(ServiceID($0)) }.joined(separator: " ") }
    let disabled = file.filter { !reload.specs[$0].isEnabled }.sorted()
    return "the file has \(names(file.sorted())); leaving: \(names(reload.leaving.sorted())); changed: \(names(reload.restarting)); "
      + "disabled: \(names(disabled))"
  }

  private func text(_ command: Command) -> String {
    switch command {
    case .boot: "boot"
    case .start(let id, let force): "start \(name(id))\(force ? " --force" : "")"
    case .stop(let id, let mode): "stop \(name(id)) \(mode)"
    case .restart(let id, let force): "restart \(name(id))\(force ? " --force" : "")"
    case .reload(let id): "reload \(name(id))"
    case .signal(let id, let signal, let scope): "signal \(signal) \(name(id)), \(scope)"
    case .startAll: "start --all"
    case .stopAll: "stop --all"
    case .restartAll: "restart --all"
    case .shutdown: "shutdown"
    case .killAll: "kill all"
    }
  }

  private func text(_ action: Action) -> String {
    switch action {
    case .spawn(let id, let run): "spawn \(name(id)) run \(run)"
    case .signal(let id, let run, let signal, let scope): "signal \(signal) to the \(scope) of \(name(id)) run \(run)"
    case .sendSignal(let id, let run, let signal, let scope): "send signal \(signal) to the \(scope) of \(name(id)) run \(run)"
    case .kill(let id, let run): "kill \(name(id)) run \(run)"
    case .startCheck(let id, let check, let run): "check \(check) of \(name(id)) run \(run)"
    case .cancelCheck(let id, let check): "cancel check \(check) of \(name(id))"
    case .recordCheck(let id, let check, let passed, let health): "check \(check) of \(name(id)) counts: \(passed), \(health)"
    case .abandonCheck(let id, let check): "abandon check \(check) of \(name(id))"
    case .changed(let change): text(change)
    case .runHook(let id, let run, let hook): "run the \(hook.words) of \(name(id)) run \(run)"
    case .cancelHook(let id, let run, let hook): "cancel the \(hook.words) of \(name(id)) run \(run)"
    case .retired(let id): "\(name(id)) has retired"
    case .stopped(let report): "all is stopped, killed \(report.killed.map(name)), left over \(report.leftOver.map(name))"
    }
  }

  private func text(_ change: Change) -> String {
    let cause = change.cause.text(in: graph)
    switch change.what {
    case .status(let id, let from, let to, _): return "\(name(id)): \(from) -> \(to), \(cause)"
    case .health(let id, let from, let to): return "\(name(id)): \(from) -> \(to), \(cause)"
    case .restarted(let id, let run, let reason, let attempt):
      return "\(name(id)) is restarted as run \(run), attempt \(attempt): \(reason.rawValue)"
    case .gaveUp(let id, let attempts): return "\(name(id)) is given up after \(attempts)"
    case .leftOver(let id, let run): return "run \(run) of \(name(id)) is left over"
    case .serviceReloaded(let id, let run, let purpose, let end): return "\(purpose) of run \(run) of \(name(id)): \(end)"
    case .signalled(let id, let run, let signal, let scope):
      return "signal \(signal) was sent to the \(scope) of run \(run) of \(name(id))"
    case .registry(let name, let what): return "registry: \(name) \(what)"
    case .composite(_, let to): return "composite: \(to)"
    case .initialized: return "initialized"
    case .ready(let isReady): return "ready: \(isReady)"
    }
  }
}
