// What a tree of processes uses.

/// What a run uses: its session, and the descendants of its first process.
public struct TreeUsage: Hashable, Sendable {
  /// Processor time in programs, of children that were waited for too.
  public var userSeconds: Double = 0
  /// Processor time in the kernel, likewise.
  public var systemSeconds: Double = 0
  /// Memory in RAM; pages that processes share count for each.
  public var residentBytes: UInt64 = 0
  /// Address space.
  public var virtualBytes: UInt64 = 0
  /// Threads of all processes.
  public var threads: Int = 0
  /// Processes, without zombies.
  public var processes: Int = 0
  /// Open descriptors of the process that is nearest to its limit; 0 if none could be looked at.
  public var openDescriptors: Int = 0
  /// The limit of that process.
  public var maxDescriptors: Int = 0
  /// Bytes that were fetched from storage, of children that were waited for too.
  public var ioReadBytes: UInt64 = 0
  /// Bytes that were sent to storage, likewise.
  public var ioWriteBytes: UInt64 = 0

  /// No usage.
  public init() {}
}
