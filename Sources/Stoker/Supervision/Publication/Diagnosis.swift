// Why a service is as it is, as every face gets it: decided by the core, put together here once for answers and events.

import Orchestration

/// The diagnosis of one service: what it waits for, where that chain ends, and the note beside it.
struct Diagnosis: Sendable, Equatable {
  /// One thing that is waited for.
  struct Wait: Sendable, Equatable {
    var name: String
    /// Nil for the barrier of a layer.
    var condition: Dependency.Condition?
    /// The end of the wait in any case; nil: it is waited for as long as it takes.
    var until: Timestamp?
  }

  /// The service where the chain of reasons ends.
  struct RootCause: Sendable, Equatable {
    var name: String
    var status: Status
    /// The state of the root cause and its reason, in one sentence.
    var sentence: String
  }

  var waitsFor: [Wait] = []
  /// Nil where it waits for nobody.
  var rootCause: RootCause?
  var note = ""

  /// The members that answers and events have of it.
  var members: [JSON.Member] {
    var members: [JSON.Member] = []
    add(to: &members)
    return members
  }

  /// Adds its members to those of a row.
  func add(to members: inout [JSON.Member]) {
    let waits = waitsFor.map { wait -> JSON in
      [
        "kind": "dependency", "name": .string(wait.name), "condition": JSON(wait.condition?.rawValue), "until": JSON(wait.until?.rfc3339),
      ]
    }
    let root = rootCause.map { root -> JSON in
      ["name": .string(root.name), "status": .string(root.status.rawValue), "sentence": .string(root.sentence)]
    }
    members.append(JSON.Member("waits_for", .array(waits)))
    members.append(JSON.Member("root_cause", root ?? .null))
    members.append(JSON.Member("note", .string(note)))
  }
}

extension Published {
  /// The diagnoses of these services, in their order: with one pass over the snapshot if one of them waits, and none otherwise.
  func diagnoses(of ids: [ServiceID], at now: Instant, _ clock: SupervisorClock) -> [Diagnosis] {
    let causes = ids.contains { !snapshot[$0].blockers.isEmpty } ? RootCauses(of: snapshot) : nil
    // A thousand services can wait for the same one.
    var roots: [ServiceID: Diagnosis.RootCause] = [:]
    return ids.map { id in
      var diagnosis = Diagnosis(note: note(of: id, causes))
      guard let causes, causes.lead(of: id) != nil else { return diagnosis }
      let root = causes[id]
      let until = snapshot[id].waitsUntil.map(clock.timestamp)
      diagnosis.waitsFor = snapshot[id].blockers.map { blocker in
        Diagnosis.Wait(name: name(blocker.service), condition: blocker.condition, until: until)
      }
      let cause =
        roots[root]
        ?? Diagnosis.RootCause(name: name(root), status: snapshot[root].status, sentence: snapshot.clause(root, at: now))
      roots[root] = cause
      diagnosis.rootCause = cause
      return diagnosis
    }
  }

  /// The note beside a service. The root causes may be left out where it does not wait.
  func note(of id: ServiceID, _ causes: RootCauses?) -> String {
    snapshot.note(of: id, causes) { id in
      let record = records[id.index]
      // A failed check of an earlier run, or one that was followed by a better one, is not what is wrong now.
      let complaint = snapshot[id].consecutiveFailures > 0 ? record.checks.last.flatMap { $0.passed ? nil : $0.message } : nil
      return Testimony(lastError: record.lastError, complaint: complaint)
    }
  }
}

extension Blocker {
  /// The condition that the other service has to meet; nil for the barrier of a layer.
  fileprivate var condition: Dependency.Condition? {
    switch reason {
    case .required(let condition), .optional(let condition): condition
    case .barrier: nil
    }
  }
}
