// The settings of a log's file, which may change while it is written.

import Linux

/// How a file is written.
struct LogSettings {
  /// The size at which it is put aside.
  var maxSize: UInt64
  /// Whether each line begins with its time.
  var timestamps: Bool
  /// The rights of the service's user, for a folder in which others can write; nil: ours.
  var rights: FileRights?
}
