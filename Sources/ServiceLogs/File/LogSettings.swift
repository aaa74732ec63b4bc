// The settings of a log's file, which may change while it is written.

import Linux

/// How a file is written.
struct LogSettings {
  /// The size at which it is put aside.
  var maxSize: UInt64
  /// Whether each line begins with its time.
  var timestamps: Bool
  /// The beginning of each line, before the time: the service's name, where several share a stream. Empty: none.
  var label: [UInt8] = []
  /// The pipes of the next run.
  var streams = LogPolicy.Streams.split
  /// The rights of the service's user, for a folder in which others can write; nil: ours.
  var rights: FileRights?

  /// Takes over what a reload may change.
  mutating func apply(_ policy: LogPolicy) {
    (maxSize, timestamps) = (policy.maxSize, policy.timestamps)
    label = policy.label
    streams = policy.streams
  }
}
