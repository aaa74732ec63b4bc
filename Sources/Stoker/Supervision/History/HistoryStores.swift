// The stores that the history is written to: the journal on the disk, the ledger in shared memory, or lists of a test.

import Journal

/// Takes records for the disk. Never waits for it.
protocol RecordStore: Sendable {
  func append(_ records: [Journal.Record])
  /// Writes all records and marks an orderly end. Returns whether that was done in time.
  func shutdown(within time: Duration) async -> Bool
}

extension Journal: RecordStore {}

/// Keeps the counters of each service, exact whenever Stoker is killed.
protocol CounterStore {
  func read() -> [String: [UInt64]]
  func slot(for name: String, orNew values: [UInt64]?) throws(LedgerError) -> Int
  func write(_ values: [UInt64], to slot: Int)
  func remove(_ name: String)
  func close()
}

extension Ledger: CounterStore {}
