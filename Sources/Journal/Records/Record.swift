// What is written into the journal.

import Orchestration

extension Journal {
  /// Something to keep. Times are wall time in milliseconds since 1970.
  package enum Record: Sendable {
    /// A run began.
    case started(RunStart)
    /// A run ended.
    case ended(RunEnd)
    /// A start came to nothing.
    case startFailed(StartFailure)
    /// What a person wants of a service from now on.
    case intent(Intent)
    /// What a person wanted of a service does not count any more.
    case forgetIntent(service: String)
    /// How long a service was up: buckets that replace those of the same window and number.
    /// Their numbers are of the wall clock: time since 1970 divided by the length of the window's buckets.
    case uptime(service: String, [UptimeHistory.Bucket])
    /// What only rises: values that replace those of the same name.
    case counters(service: String, [(name: String, value: UInt64)])
    /// A service is there no longer: its intent and its counters go, its history stays.
    case forget(service: String)
  }
}
