// The clock of the start times of processes.

import Glibc

/// Time since boot, including the time the machine slept.
enum BootClock {
  /// The present time in clock ticks, as in field 22 of `/proc/PID/stat`.
  static func ticks() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    let perSecond = sysconf(Int32(_SC_CLK_TCK))
    return UInt64(max(0, time.tv_sec * perSecond + time.tv_nsec * perSecond / 1_000_000_000))
  }
}

extension ProcessIdentity {
  /// The time since its start, to a clock tick.
  package var age: Duration {
    let now = BootClock.ticks()
    return startTime < now ? .seconds(Double(now - startTime) / Double(max(1, sysconf(Int32(_SC_CLK_TCK))))) : .zero
  }
}
