// The records of the journal.

import Orchestration

/// A record to write. Times are wall time in milliseconds since 1970.
package enum JournalRecord: Sendable {
  /// A run began.
  case started(RunStart)
  /// A run ended.
  case ended(RunEnd)
  /// A start failed.
  case startFailed(StartFailure)
  /// The wish of a person for a service, from now on.
  case intent(Intent)
  /// The withdrawal of a person's wish for a service.
  case forgetIntent(service: String)
  /// The uptime of a service: buckets that replace buckets of the same window and number. Their numbers follow the wall
  /// clock: time since 1970 divided by the length of the window's buckets.
  case uptime(service: String, [UptimeHistory.Bucket])
  /// The counters of a service: values that replace values of the same name.
  case counters(service: String, [(name: String, value: UInt64)])
  /// From here on the counters of an earlier life are no longer exact.
  case outdateCounters
  /// The removal of a service: its intent and its counters are deleted, its history stays.
  case forget(service: String)
}
