// Wall-clock time as answers show it.

import Processes
import ServiceLogs

/// A moment of wall-clock time, in nanoseconds since 1970.
package struct Timestamp: Sendable, Hashable, Comparable {
  /// Nanoseconds since 1970-01-01T00:00:00Z.
  package var nanoseconds: Int64

  /// The moment `nanoseconds` after 1970 began.
  package init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  /// A moment in milliseconds since 1970, as it was read from outside: at most the last one that can be counted (the year 2262).
  init(milliseconds: Int64) {
    nanoseconds = min(max(0, milliseconds), .max / 1_000_000) * 1_000_000
  }

  /// The present moment, by the system's clock.
  package static var now: Timestamp { Timestamp(nanoseconds: LineStamp.now()) }

  /// Seconds since 1970, as Prometheus counts them.
  package var seconds: Double {
    Double(nanoseconds) / 1e9
  }

  /// RFC 3339 in UTC with milliseconds: `2025-10-22T04:00:00.123Z`.
  package var rfc3339: String { LineStamp.text(nanoseconds) }

  /// The time in a sentence: `2025-10-22 04:00:00 UTC`.
  var sentence: String { "\(rfc3339.prefix(19).replacing("T", with: " ")) UTC" }

  /// Earlier is less.
  package static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.nanoseconds < right.nanoseconds
  }
}
