// What happens, as those are told who follow it: pages, command lines, programs.

import Orchestration

/// One change of state, health or registry, of the node or of its services.
struct LiveEvent: Sendable {
  /// When it happened.
  var at: Timestamp
  /// The service, or the registry's entry; nil where it is the node's.
  var service: String?
  var what: What
  /// One sentence for people.
  var message: String
  /// For an event of state or health: why the service is as it is now that the event can be read.
  var diagnosis: Diagnosis?

  enum What: Sendable {
    case status(from: Status, to: Status, run: UInt64, cause: String, pid: Int32?, nextAttempt: Timestamp?)
    case health(from: Health, to: Health)
    case restarted(run: UInt64, reason: RestartReason, attempt: Int, cause: String)
    case gaveUp(attempts: Int)
    case leftOver(run: UInt64)
    case registry(Change.RegistryChange)
    case composite(from: Health, to: Health)
    case initialized
    case ready(Bool)
    /// Other services: the number of the service file that was put in place.
    case reloaded(generation: Int)
  }

  /// The type that a page listens for.
  var kind: String {
    switch what {
    case .status: "status"
    case .health: "health"
    case .restarted: "restarted"
    case .gaveUp: "gave_up"
    case .leftOver: "left_over"
    case .registry: "registry"
    case .composite: "composite"
    case .initialized: "initialized"
    case .ready: "ready"
    case .reloaded: "reloaded"
    }
  }

  /// What its kind has beside what all have.
  var details: [JSON.Member] {
    change + (diagnosis?.members ?? [])
  }

  private var change: [JSON.Member] {
    switch what {
    case .status(let from, let to, let run, let cause, let pid, let nextAttempt):
      [
        JSON.Member("from", .string(from.rawValue)), JSON.Member("to", .string(to.rawValue)), JSON.Member("run", JSON(run)),
        JSON.Member("cause", .string(cause)), JSON.Member("pid", JSON(pid)),
        JSON.Member("next_attempt", JSON(nextAttempt?.rfc3339)),
      ]
    case .health(let from, let to), .composite(let from, let to):
      [JSON.Member("from", .string(from.rawValue)), JSON.Member("to", .string(to.rawValue))]
    case .restarted(let run, let reason, let attempt, let cause):
      [
        JSON.Member("run", JSON(run)), JSON.Member("reason", .string(reason.rawValue)), JSON.Member("attempt", JSON(attempt)),
        JSON.Member("cause", .string(cause)),
      ]
    case .gaveUp(let attempts): [JSON.Member("attempts", JSON(attempts))]
    case .leftOver(let run): [JSON.Member("run", JSON(run))]
    case .registry(let change): [JSON.Member("change", .string(change.rawValue))]
    case .initialized: []
    case .ready(let isReady): [JSON.Member("is_ready", .bool(isReady))]
    case .reloaded(let generation): [JSON.Member("generation", JSON(generation))]
    }
  }
}
