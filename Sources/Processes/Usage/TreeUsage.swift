// The usage of a tree of processes.

/// The usage of a run: its session, and the descendants of its first process.
package struct TreeUsage: Hashable, Sendable {
  /// Processor time in programs, including children that were waited for.
  package var userSeconds: Double = 0
  /// Processor time in the kernel, including children that were waited for.
  package var systemSeconds: Double = 0
  /// Memory in RAM; pages that processes share count for each.
  package var residentBytes: UInt64 = 0
  /// Address space.
  package var virtualBytes: UInt64 = 0
  /// Threads of all processes.
  package var threads: Int = 0
  /// Processes, without zombies.
  package var processes: Int = 0
  /// The descriptors of the process that is nearest to its limit, of those that could be read; nil if none could.
  package var descriptors: Descriptors? = Descriptors(open: 0, limit: 0)
  /// The bytes from and to storage, including children that were waited for; nil if those of a process could not be read.
  package var storage: Storage? = Storage(read: 0, written: 0)
  /// The values that could not be read, of any process.
  package var unread: Set<UnreadValue> = []

  /// No usage.
  package init() {}

  /// The descriptors of a process.
  package struct Descriptors: Hashable, Sendable {
    /// Open ones.
    package var open: Int
    /// The limit.
    package var limit: Int
  }

  /// Bytes from and to storage.
  package struct Storage: Hashable, Sendable {
    /// Bytes that were read.
    package var read: UInt64
    /// Bytes that were written.
    package var written: UInt64
  }
}

/// A value that could not be read, and is left out.
package enum UnreadValue: String, CaseIterable, Sendable {
  /// The usage of a live run without any process in /proc that we may see.
  case processes
  /// The descriptors of a process, or their limit.
  case descriptors
  /// The bytes that a process read and wrote.
  case storage
  /// The size of the journal.
  case journalSize = "journal_size"
  /// Our own open descriptors.
  case ownDescriptors = "own_descriptors"
}
