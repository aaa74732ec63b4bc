// The state of the journal.

import Exposition
import Journal
import Processes

/// The journal's families; absent without a journal.
struct JournalCollector: Collector {
  let name = "journal"
  private let journal: Journal
  private let failures: ReadFailures

  init(_ journal: Journal, _ failures: ReadFailures) {
    self.journal = journal
    self.failures = failures
  }

  func collect(into page: inout PageWriter) {
    let status = journal.status
    page.begin(Self.usable)
    page.sample(.none, status.isUsable)
    page.begin(Self.errors)
    page.sample(.none, status.errors)
    page.begin(Self.dropped)
    page.sample(.none, status.dropped)
    page.begin(Self.pending)
    page.sample(.none, status.pending)
    page.begin(Self.size)
    if let bytes = status.bytes {
      page.sample(.none, Double(bytes))
    } else {
      failures.count(.journalSize)
    }
  }

  private static let usable = Family(
    name: "stoker_journal_usable", type: .gauge, help: "Whether history, uptime and wishes are being written to the disk.")
  private static let errors = Family(
    name: "stoker_journal_errors_total", type: .counter, help: "Writings and openings of the journal that failed.")
  private static let dropped = Family(
    name: "stoker_journal_dropped_records_total", type: .counter, help: "Records that were dropped because too many waited for the disk.")
  private static let pending = Family(
    name: "stoker_journal_pending_records", type: .gauge, help: "Records that wait for being written.")
  private static let size = Family(name: "stoker_journal_size_bytes", type: .gauge, help: "Size of the journal's files.")
}
