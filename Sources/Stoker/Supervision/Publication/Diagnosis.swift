// Why a service is in its state, the same for page, API and command line: decided by the core, composed here for answers and events.

import Orchestration

/// The diagnosis of one service: the services that it waits for, the root cause, and the note about it.
struct Diagnosis: Sendable, Equatable {
  /// One service that it waits for.
  struct Wait: Sendable, Equatable {
    var name: String
    /// Nil for the barrier of a layer.
    var condition: Dependency.Condition?
    /// The latest end of the wait; nil: it has no limit.
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
  /// Nil if nothing holds it up.
  var rootCause: RootCause?
  var note: Sentence = ""
}

extension Published {
  /// The diagnoses of these services, in their order: with one pass over the snapshot if something holds one of them up, and none otherwise.
  func diagnoses(of ids: [ServiceID], at now: Instant, _ clock: SupervisorClock) -> [Diagnosis] {
    let causes = ids.contains { !snapshot[$0].reasons.isEmpty } ? RootCauses(of: snapshot) : nil
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

  /// The note about a service. The root causes may be omitted if nothing holds it up.
  func note(of id: ServiceID, _ causes: RootCauses?) -> Sentence {
    var quotesOutput = false
    func note(_ version: (Sentence) -> String) -> String {
      snapshot.note(of: id, causes) { id in
        let record = records[id.index]
        // A failed check of an earlier run, or one before a passed check, is not the present problem.
        let complaint = snapshot[id].consecutiveFailures > 0 ? record.checks.last.flatMap { $0.passed ? nil : $0.message } : nil
        quotesOutput = quotesOutput || [record.lastError, complaint].contains { $0?.quotesOutput == true }
        return ServiceErrors(lastError: record.lastError.map(version), failedCheck: complaint.map(version))
      }
    }
    let full = note(\.full)
    return quotesOutput ? Sentence(full, withoutOutput: note(\.withoutOutput)) : Sentence(full)
  }
}

extension Blocker {
  /// The condition that the other service must meet; nil for the barrier of a layer.
  fileprivate var condition: Dependency.Condition? {
    switch reason {
    case .required(let condition), .optional(let condition): condition
    case .barrier: nil
    }
  }
}
