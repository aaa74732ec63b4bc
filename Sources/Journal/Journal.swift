// The state that lasts.

import Linux
import Orchestration

/// The state that lasts: the history of runs, uptime, counters and what people want, in `stoker.sqlite` of the state directory.
///
/// A thread of its own does everything with the database. What is appended is on the disk within a second (if the disk answers), many records
/// by one transaction; while the disk is full, broken or hangs, it waits in bounded memory and is written when it can be.
/// Nobody but that thread ever waits for the disk, and those who ask it something wait no longer than they want.
package final class Journal: Sendable {
  private let inbox: Inbox

  /// Opens the journal of a state directory, in the background.
  ///
  /// - Parameter report: told when it fails, works again, or was found damaged. Called on the journal's thread.
  package convenience init(directory: String, report: @escaping @Sendable (Notice) -> Void) {
    self.init(directory: directory, settings: Settings(), schema: .current, report: report)
  }

  init(directory: String, settings: Settings, schema: Schema = .current, report: @escaping @Sendable (Notice) -> Void) {
    let inbox = Inbox(settings)
    self.inbox = inbox
    let error = NativeThread.start("stoker-journal") {
      Writer(path: "\(directory)/stoker.sqlite", inbox: inbox, settings: settings, schema: schema, report: report).run()
    }
    if let error {
      let problem = "no thread for it: \(DatabaseError.words(of: error))"
      inbox.setStatus {
        $0.errors += 1
        $0.problem = problem
      }
      _ = inbox.end()
      report(.failing(problem))
    }
  }

  deinit { _ = inbox.ask(.close(inOrder: false, Answer())) }

  /// Takes records in. Never waits for the disk.
  package func append(_ records: [Record]) { inbox.append(records) }

  /// What an earlier Stoker left; nothing, if the database cannot be read within `time`.
  ///
  /// Counters and whether the earlier life ended in order are told once.
  package func load(within time: Duration = .seconds(5)) async -> Loaded {
    await ask(within: time, otherwise: { Loaded() }) { .load($0) }
  }

  /// The runs of a service, newest first, those included that are not written yet. Of a disk that does not answer within `time` only these.
  package func history(of service: String, limit: Int, within time: Duration = .seconds(5)) async -> [RunEntry] {
    let limit = max(0, limit)
    let inbox = inbox
    return await ask(within: time, otherwise: { inbox.history(of: service, limit: limit) }) {
      .history(service: service, limit: limit, $0)
    }
  }

  /// Writes at once what waits. Whether all that had been appended is on the disk.
  @discardableResult
  package func flush(within time: Duration = .seconds(5)) async -> Bool {
    await ask(within: time, otherwise: { false }) { .flush($0) }
  }

  /// Writes what waits, marks that Stoker ended in order, and lets go of the database. What is appended later is dropped.
  ///
  /// Whether all that was done: only then the counters in the database are what the successor takes up. Waits no longer than `time`.
  @discardableResult
  package func shutdown(within time: Duration) async -> Bool {
    await ask(within: time, otherwise: { false }) { .close(inOrder: true, $0) }
  }

  /// How it is at this moment. Cheap.
  package var status: Status { inbox.status }

  func ask<Value: Sendable>(
    within time: Duration, otherwise: @escaping @Sendable () -> Value, _ request: (Answer<Value>) -> Request
  ) async -> Value {
    let answer = Answer<Value>()
    guard inbox.ask(request(answer)) else { return otherwise() }
    return await answer.value(within: time, otherwise: otherwise)
  }

  /// Answers a request that came too late.
  static func refuse(_ request: Request, _ inbox: Inbox) {
    switch request {
    case .load(let answer): answer.give(Loaded())
    case .history(let service, let limit, let answer): answer.give(inbox.history(of: service, limit: limit))
    case .flush(let answer): answer.give(inbox.isEmpty)
    case .close(_, let answer): answer.give(false)
    }
  }
}
