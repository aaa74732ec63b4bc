// The members of an event, as JSON.

import HTTPServer
import Orchestration

extension LiveEvent {
  /// The event type of the stream.
  var kind: String {
    switch what {
    case .status: "status"
    case .health: "health"
    case .restarted: "restarted"
    case .lastError: "last_error"
    case .gaveUp: "gave_up"
    case .leftOver: "left_over"
    case .serviceReloaded(_, .reload, _): "service_reloaded"
    case .serviceReloaded(_, .restart, _): "restart_refused"
    case .signalled: "signalled"
    case .registry: "registry"
    case .composite: "composite"
    case .initialized: "initialized"
    case .ready: "ready"
    case .stopping: "stopping"
    case .stopped: "stopped"
    case .reloaded: "reloaded"
    }
  }

  /// The members of its kind, in addition to those of all events.
  func details(for rights: Rights) -> [JSON.Member] {
    change(for: rights) + (diagnosis?.members(for: rights) ?? [])
  }

  private func change(for rights: Rights) -> [JSON.Member] {
    switch what {
    case .status(let from, let to, let run, let cause, let pid, let nextAttempt):
      [
        JSON.Member("from", .string(from.rawValue)), JSON.Member("to", .string(to.rawValue)), JSON.Member("run", JSON(run)),
        JSON.Member("cause", .string(cause.text(for: rights))), JSON.Member("pid", JSON(pid)),
        JSON.Member("next_attempt", JSON(nextAttempt?.rfc3339)),
      ]
    case .health(let from, let to), .composite(let from, let to):
      [JSON.Member("from", .string(from.rawValue)), JSON.Member("to", .string(to.rawValue))]
    case .restarted(let run, let reason, let attempt, let cause):
      [
        JSON.Member("run", JSON(run)), JSON.Member("reason", .string(reason.rawValue)), JSON.Member("attempt", JSON(attempt)),
        JSON.Member("cause", .string(cause.text(for: rights))),
      ]
    case .lastError(let run, let error): [JSON.Member("run", JSON(run)), JSON.Member("last_error", .string(error.text(for: rights)))]
    case .gaveUp(let attempts): [JSON.Member("attempts", JSON(attempts))]
    case .leftOver(let run): [JSON.Member("run", JSON(run))]
    case .serviceReloaded(let run, let purpose, let record):
      [JSON.Member("run", JSON(run))] + (purpose == .reload ? [JSON.Member("outcome", .string(record.outcome.rawValue))] : [])
        + [JSON.Member("cause", .string(record.cause)), JSON.Member("reason", JSON(record.reason?.text(for: rights)))]
    case .signalled(let run, let record):
      [
        JSON.Member("run", JSON(run)), JSON.Member("signal", .string(record.signal)),
        JSON.Member("scope", .string(record.scope.rawValue)), JSON.Member("cause", .string(record.cause)),
      ]
    case .registry(let change): [JSON.Member("change", .string(change.rawValue))]
    case .initialized: []
    case .ready(let isReady): [JSON.Member("is_ready", .bool(isReady))]
    case .stopping(let cause): [JSON.Member("cause", .string(cause))]
    case .stopped(let killed, let leftOver, let exitCode):
      [JSON.Member("killed", JSON(killed)), JSON.Member("left_over", JSON(leftOver)), JSON.Member("exit_code", JSON(exitCode))]
    case .reloaded(let generation): [JSON.Member("generation", JSON(generation))]
    }
  }
}
