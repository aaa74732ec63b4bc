// Replies that commands, requests to check now and the program around the supervisor wait for.

import Orchestration

/// The replies that are still due. Each is sent after publishing, so that its receiver finds the state that it reports.
struct PendingReplies {
  private var commands: [CommandWait] = []
  /// The next moment at which one of their replies may be due, without a change.
  private var nextLook: Instant?
  private var checks: [CheckNowBatch] = []
  /// Requests to reload a service.
  var reloads = PendingReloads()
  /// Replies that wait for the next publishing.
  private var ready: [@Sendable () -> Void] = []
  /// The result of the supervision, once it is over.
  private var ending: Result<StopReport, any Error>?
  private var waitsForEnd: CheckedContinuation<StopReport, any Error>?

  /// The next moment at which a reply may be due, whatever happens.
  var deadline: Instant? { nextLook }

  /// Whether no command and no request to check now waits.
  var isEmpty: Bool { commands.isEmpty && checks.isEmpty }

  mutating func add(_ command: CommandWait) {
    commands.append(command)
    nextLook = min(nextLook ?? command.condition.deadline, command.condition.deadline)
  }

  mutating func add(_ batch: CheckNowBatch) {
    checks.append(batch)
  }

  /// Sends a reply as soon as the present state is published.
  mutating func afterPublishing(_ answer: @escaping @Sendable () -> Void) {
    ready.append(answer)
  }

  /// Replies when the supervision is over.
  mutating func replyAtEnd(to reply: CheckedContinuation<StopReport, any Error>) {
    if let ending { afterPublishing { reply.resume(with: ending) } } else { waitsForEnd = reply }
  }

  /// The supervision is over: the full stop is done, or the takeover failed.
  mutating func conclude(_ result: Result<StopReport, any Error>) {
    guard ending == nil else { return }
    ending = result
    guard let reply = waitsForEnd else { return }
    waitsForEnd = nil
    // After the last changes are among the events: the receiver of the reply closes them.
    afterPublishing { reply.resume(with: result) }
  }

  /// Takes the result of a check, or the reason why it has none.
  mutating func add(_ result: CheckNowResult, for check: UInt64) {
    for index in checks.indices { checks[index].add(result, for: check) }
  }

  /// Sends the replies that waited for the publishing.
  mutating func published() {
    for answer in ready + reloads.takeReady() { answer() }
    ready.removeAll()
  }

  /// Replies to the restarts of a service that waited for its reload check, which keeps them from happening. If the run has ended
  /// meanwhile, they wait for what follows that.
  mutating func refuseRestarts(of service: String, run: UInt64, _ end: ReloadEnd, _ reason: Sentence) {
    if case .interrupted = end { return }
    let isMeant: (CommandWait) -> Bool = { $0.isChecked && $0.service == service && $0.condition.after == run }
    let refused = commands.filter(isMeant)
    commands.removeAll(where: isMeant)
    let reply: CommandReply = if case .refused(let refusal) = end { .refused(refusal, names: []) } else { .checkFailed(reason) }
    if !refused.isEmpty { afterPublishing { for wait in refused { wait.reply.resume(returning: reply) } } }
  }

  /// Replies to commands whose goal is reached or missed, and to requests to check now with all their results.
  /// - Parameters:
  ///   - failure: The last error of a service.
  ///   - unread: Until when the last line of a run that ended may still come.
  ///   - obstacle: The service that has failed for good and holds a waiting one up.
  ///   - whyNot: Why a service is in its state, in a sentence.
  mutating func settle(
    _ core: Orchestrator, at now: Instant, failure: (ServiceID) -> Sentence, unread: (ServiceID) -> Instant? = { _ in nil },
    obstacle: (ServiceID) -> ServiceID? = { _ in nil }, whyNot: (ServiceID) -> String
  ) {
    if checks.contains(where: \.awaited.isEmpty) {
      for batch in checks where batch.awaited.isEmpty { batch.reply.resume(returning: batch.results) }
      checks.removeAll(where: \.awaited.isEmpty)
    }
    nextLook = nil
    guard !commands.isEmpty else { return }
    var remaining: [CommandWait] = []
    for wait in commands {
      guard let id = core.graph.id(named: wait.service) else {
        wait.reply.resume(returning: .gone)
        continue
      }
      let reply: CommandReply
      let view = core.view(id)
      let end = wait.condition.end(with: view, at: now)
      let failed = end == .failed ? id : end == nil && view.status == .waiting ? obstacle(id) : nil
      if let failed, let until = unread(failed), now < until {
        nextLook = min(nextLook ?? until, until)
        remaining.append(wait)
        continue
      }
      switch end {
      case .reached: reply = .reached(view, before: wait.before, alsoStarted: wait.alsoStarted, alsoStopped: wait.alsoStopped)
      case .accepted: reply = .accepted(before: wait.before, alsoStarted: wait.alsoStarted, alsoStopped: wait.alsoStopped)
      case .failed: reply = .failed(failure(id))
      case .missed: reply = .missed(whyNot(id))
      case nil where failed != nil: reply = .vain(whyNot(id))
      case nil:
        let look = wait.condition.nextLook(with: view)
        nextLook = min(nextLook ?? look, look)
        remaining.append(wait)
        continue
      }
      wait.reply.resume(returning: reply)
    }
    commands = remaining
  }

  /// Replies to all that still wait: the loop is over.
  mutating func end() {
    for wait in commands { wait.reply.resume(returning: .missed("Stoker has ended")) }
    for batch in checks { batch.reply.resume(returning: batch.results) }
    reloads.end()
    commands = []
    checks = []
  }
}
