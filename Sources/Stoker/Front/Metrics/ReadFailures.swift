// The count of values that could not be read.

import Exposition
import Processes
import Synchronization

/// Counts the values that were left out of answers because they could not be read: 0 would be a claim.
final class ReadFailures: Collector {
  let name = "reading"
  private let counts = Mutex<[UnreadValue: UInt64]>([:])

  func count(_ value: UnreadValue) {
    counts.withLock { $0[value, default: 0] += 1 }
  }

  func collect(into page: inout PageWriter) {
    let counts = counts.withLock { $0 }
    page.begin(Self.family)
    for (value, labels) in zip(UnreadValue.allCases, Self.labels) { page.sample(labels, counts[value] ?? 0) }
  }

  private static let family = Family(
    name: "stoker_read_failures_total", type: .counter, help: "Values that could not be read, and were left out.")
  private static let labels = UnreadValue.allCases.map { Labels(["value": $0.rawValue]) }
}
