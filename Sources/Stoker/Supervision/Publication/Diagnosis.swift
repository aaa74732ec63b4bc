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
    var sentence: Sentence
  }

  /// Whether it is unhealthy for no more than that it does not run, and another service keeps it from that.
  var isHeldUp = false
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
      var diagnosis = Diagnosis(isHeldUp: isHeldUp(id), note: note(of: id, causes))
      guard let causes, causes.lead(of: id) != nil else { return diagnosis }
      let root = causes[id]
      let until = snapshot[id].waitsUntil.map(clock.timestamp)
      diagnosis.waitsFor = snapshot[id].blockers.map { blocker in
        Diagnosis.Wait(name: name(blocker.service), condition: blocker.condition, until: until)
      }
      let cause =
        roots[root]
        ?? Diagnosis.RootCause(
          name: name(root), status: snapshot[root].status, sentence: sentence { snapshot.clause(root, at: now, errors(of: root, $0)) })
      roots[root] = cause
      diagnosis.rootCause = cause
      return diagnosis
    }
  }

  /// Whether a service is unhealthy for no more than that it does not run, and another one keeps it from that (rule 4).
  func isHeldUp(_ id: ServiceID) -> Bool {
    let view = snapshot[id]
    return view.status == .waiting && view.health == .unhealthy && view.lastCheckPassed != false
  }

  /// The note about a service. The root causes may be omitted if nothing holds it up.
  func note(of id: ServiceID, _ causes: RootCauses?) -> Sentence {
    sentence { version in snapshot.note(of: id, causes) { errors(of: $0, version) } }
  }

  /// The explanation of a service's state, with or without the output of services.
  func explain(_ id: ServiceID, at now: Instant, _ version: (Sentence) -> String) -> Explanation {
    snapshot.explain(id, at: now) { errors(of: $0, version) }
  }

  /// Both versions of a text that is made of the errors of services.
  private func sentence(_ text: ((Sentence) -> String) -> String) -> Sentence {
    var quotesOutput = false
    let full = text { sentence in
      quotesOutput = quotesOutput || sentence.quotesOutput
      return sentence.full
    }
    return quotesOutput ? Sentence(full, withoutOutput: text(\.withoutOutput)) : Sentence(full)
  }

  /// The errors of a service that are of interest now.
  private func errors(of id: ServiceID, _ version: (Sentence) -> String) -> ServiceErrors {
    let (view, record) = (snapshot[id], records[id.index])
    // A failed check of an earlier run, or one before a passed check, is not the present problem.
    let complaint = view.consecutiveFailures > 0 ? record.checks.last.flatMap { $0.passed ? nil : $0.message } : nil
    let remembered = view.cause == .remembered ? record.failures.text(of: .remembered, in: snapshot.graph) : nil
    return ServiceErrors(
      lastError: record.lastError.map { version($0.sentence) }, failedCheck: complaint.map(version), unsettled: record.unsettled,
      remembered: remembered.map(version), lastFailure: view.isLooping ? record.lastFailure.map { version($0.sentence) } : nil)
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
