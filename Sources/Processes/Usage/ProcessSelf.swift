// The usage of this process: the standard `process_*` metrics.

import CLinux
import Glibc
import Linux

/// This process.
package enum ProcessSelf {
  /// The usage of this process.
  package struct Usage: Hashable, Sendable {
    /// Processor time in programs and in the kernel, without children.
    package var cpuSeconds: Double
    /// Memory in RAM.
    package var residentBytes: Int
    /// Address space.
    package var virtualBytes: Int
    /// The limit of the address space; nil if there is none.
    package var virtualLimitBytes: Int?
    /// Open descriptors; nil if they cannot be counted.
    package var openDescriptors: Int?
    /// The limit of open descriptors.
    package var maxDescriptors: Int
    /// Threads.
    package var threads: Int
    /// The start time, in seconds since 1970.
    package var startTimeSeconds: Double
  }

  /// Reads the present usage.
  package static func usage() throws(SystemError) -> Usage {
    let proc = try ProcReader()
    guard let status = proc.status(of: getpid()), let boot = bootTime() else { throw SystemError(errno: ENOENT) }
    let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
    let limit = try DescriptorLimit.current()
    let open = clinux_proc_count_descriptors(proc.folder, getpid())
    var space = rlimit()
    try system { getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &space) }
    return Usage(
      cpuSeconds: Double(status.userTime + status.systemTime) / ticks,
      residentBytes: Int(clamping: status.residentPages) &* sysconf(Int32(_SC_PAGESIZE)), virtualBytes: Int(clamping: status.virtualBytes),
      virtualLimitBytes: space.rlim_cur == rlim_t.max ? nil : Int(clamping: space.rlim_cur),
      openDescriptors: open < 0 ? nil : Int(open), maxDescriptors: Int(clamping: limit.soft),
      threads: Int(status.threads), startTimeSeconds: Double(boot) + Double(status.startTime) / ticks)
  }

  /// The boot time of the machine, in seconds since 1970.
  private static func bootTime() -> UInt64? {
    SmallFile.read("/proc/stat", bound: 4 << 20)?.withUnsafeBytes { $0.number(after: "\nbtime ") }
  }
}
