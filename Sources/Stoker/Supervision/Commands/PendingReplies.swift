// Answers that commands, checks now and the program around the supervisor wait for.

import Orchestration

/// Answers that are still to be given. Each is given after publishing, so that its reader finds what it speaks of.
struct PendingReplies {
  private var commands: [CommandWait] = []
  private var checks: [CheckNowBatch] = []
  /// Answers that are known and wait for the next publishing.
  private var ready: [@Sendable () -> Void] = []
  /// How the supervision ended, once it is over.
  private var ending: Result<StopReport, any Error>?
  private var waitsForEnd: CheckedContinuation<StopReport, any Error>?

  /// The next moment at which an answer is due whatever happens.
  var deadline: Instant? {
    commands.map(\.deadline).min()
  }

  mutating func add(_ command: CommandWait) {
    commands.append(command)
  }

  mutating func add(_ batch: CheckNowBatch) {
    checks.append(batch)
  }

  /// Answers as soon as the present state is published.
  mutating func afterPublishing(_ answer: @escaping @Sendable () -> Void) {
    ready.append(answer)
  }

  /// Answers when the end is there.
  mutating func tellEnd(to reply: CheckedContinuation<StopReport, any Error>) {
    if let ending { afterPublishing { reply.resume(with: ending) } } else { waitsForEnd = reply }
  }

  /// The full stop is over, there was nothing to supervise, or something is missing that must be there before the first service starts.
  mutating func conclude(_ result: Result<StopReport, any Error>) {
    guard ending == nil else { return }
    ending = result
    guard let reply = waitsForEnd else { return }
    waitsForEnd = nil
    // Once the last changes are among the events: the reader of the answer closes them.
    afterPublishing { reply.resume(with: result) }
  }

  /// A check has its result, or will never have one.
  mutating func add(_ result: CheckNowResult, for check: UInt64) {
    for index in checks.indices { checks[index].add(result, for: check) }
  }

  /// Gives what was ready before the state was published.
  mutating func published() {
    for answer in ready { answer() }
    ready.removeAll()
  }

  /// Answers commands whose goal is reached or lost, and checks whose results are all in.
  /// - Parameter whyNot: Why a service is not what it should be, in a sentence.
  mutating func settle(_ core: Orchestrator, at now: Instant, whyNot: (ServiceID) -> String) {
    if checks.contains(where: \.awaited.isEmpty) {
      for batch in checks where batch.awaited.isEmpty { batch.reply.resume(returning: batch.results) }
      checks.removeAll(where: \.awaited.isEmpty)
    }
    guard !commands.isEmpty else { return }
    var remaining: [CommandWait] = []
    for wait in commands {
      guard let id = core.graph.id(named: wait.service) else {
        wait.reply.resume(returning: .gone)
        continue
      }
      let outcome: CommandOutcome
      let view = core.view(id)
      switch wait.verdict(on: view, at: now) {
      case .reached: outcome = .reached(view, alsoStarted: wait.alsoStarted, alsoStopped: wait.alsoStopped)
      case .accepted: outcome = .accepted(alsoStarted: wait.alsoStarted, alsoStopped: wait.alsoStopped)
      case .missed: outcome = .missed(whyNot(id))
      case nil:
        remaining.append(wait)
        continue
      }
      wait.reply.resume(returning: outcome)
    }
    commands = remaining
  }

  /// The loop is over: nobody is left waiting.
  mutating func end() {
    for wait in commands { wait.reply.resume(returning: .missed("Stoker has ended")) }
    for batch in checks { batch.reply.resume(returning: batch.results) }
    commands = []
    checks = []
  }
}
