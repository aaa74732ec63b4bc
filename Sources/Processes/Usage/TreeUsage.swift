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
  /// Open descriptors of the process that is nearest to its limit; 0 if none could be read.
  package var openDescriptors: Int = 0
  /// The limit of that process.
  package var maxDescriptors: Int = 0
  /// Bytes that were read from storage, including children that were waited for.
  package var ioReadBytes: UInt64 = 0
  /// Bytes that were written to storage, including children that were waited for.
  package var ioWriteBytes: UInt64 = 0

  /// No usage.
  package init() {}
}
