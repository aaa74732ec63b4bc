// The journal: the state that outlives Stoker.

import Linux
import Orchestration

/// The state that outlives Stoker: the history of runs, uptime, counters and people's wishes, in `stoker.sqlite` of the
/// state directory.
///
/// One thread of its own does all work with the database. Appended records are on the disk within a second (if the disk
/// answers), many of them in one transaction. While the disk is full, broken or hangs, records wait in bounded memory
/// and are written later. Only that thread waits for the disk; callers with a question wait no longer than the time
/// they give.
package final class Journal: Sendable {
  private let inbox: Inbox

  /// Opens the journal of a state directory, in the background.
  ///
  /// - Parameters:
  ///   - now: The clock by which the disk is waited for.
  ///   - report: Called on the journal's thread when the journal fails, works again, or was found damaged.
  package convenience init(directory: String, now: @escaping @Sendable () -> Instant, report: @escaping @Sendable (Notice) -> Void) {
    var settings = Settings()
    settings.now = now
    self.init(directory: directory, settings: settings, schema: .current, report: report)
  }

  init(directory: String, settings: Settings, schema: Schema = .current, report: @escaping @Sendable (Notice) -> Void) {
    let inbox = Inbox(settings)
    self.inbox = inbox
    do {
      _ = try NativeThread("stoker-journal", isDetached: true) {
        Writer(path: "\(directory)/stoker.sqlite", inbox: inbox, settings: settings, schema: schema, report: report).run()
      }
    } catch {
      let problem = "no thread for it: \(error)"
      inbox.setStatus {
        $0.errors += 1
        $0.problem = problem
      }
      _ = inbox.end()
      report(.failing(problem))
    }
  }

  deinit { _ = inbox.ask(.close(inOrder: false, Answer())) }

  /// Takes records. Never waits for the disk.
  package func append(_ records: [Record]) { inbox.append(records) }

  /// The state that an earlier Stoker left; empty, if the database cannot be read within `time`.
  ///
  /// Only the first call returns counters, and whether the earlier life ended in order. They stay exact in the database
  /// until `Record.outdateCounters` is written.
  package func load(within time: Duration = .seconds(5)) async -> Loaded {
    await ask(within: time, otherwise: { Loaded() }) { .load($0) }
  }

  /// The runs of a service, newest first, including runs that are not written yet. If the disk does not answer within
  /// `time`, only the unwritten ones.
  package func history(of service: String, limit: Int, within time: Duration = .seconds(5)) async -> [RunEntry] {
    let limit = max(0, limit)
    let inbox = inbox
    return await ask(within: time, otherwise: { inbox.history(of: service, limit: limit) }) {
      .history(service: service, limit: limit, $0)
    }
  }

  /// Writes all waiting records at once. Returns whether every appended record is on the disk.
  @discardableResult
  package func flush(within time: Duration = .seconds(5)) async -> Bool {
    await ask(within: time, otherwise: { false }) { .flush($0) }
  }

  /// Writes all waiting records, marks that Stoker ended in order, and closes the database. Records that come later are
  /// dropped.
  ///
  /// Returns whether all of that was done: only then the successor takes over the counters in the database. Waits no
  /// longer than `time`.
  @discardableResult
  package func shutdown(within time: Duration) async -> Bool {
    await ask(within: time, otherwise: { false }) { .close(inOrder: true, $0) }
  }

  /// The condition of the journal at this moment. Cheap.
  package var status: Status { inbox.status }

  func ask<Value: Sendable>(
    within time: Duration, otherwise: @escaping @Sendable () -> Value, _ request: (Answer<Value>) -> Request
  ) async -> Value {
    let answer = Answer<Value>()
    guard inbox.ask(request(answer)) else { return otherwise() }
    return await answer.value(within: time, otherwise: otherwise)
  }
}

extension Journal {
  /// A record to write.
  package typealias Record = JournalRecord
  /// The state that an earlier Stoker left.
  package typealias Loaded = StoredState
  /// A message for the log.
  package typealias Notice = JournalNotice
  /// The condition of the journal at one moment.
  package typealias Status = JournalStatus
}
