// Detects that the kernel killed a process because memory had run out.

import CLinux
import Glibc
import Linux

/// Asks the kernel about a process that was killed by a signal that we did not send.
struct OutOfMemory: ~Copyable {
  /// The kernel's log, from its end at our start; -1 without permission to read it.
  private let log: Int32
  /// The times at which the kernel logged a kill for lack of memory, by pid, in microseconds of its log's
  /// clock.
  private var kills: [Int32: UInt64] = [:]
  /// The number of such kills on the machine at the last reading.
  private var count: UInt64

  /// The log has the pids of the first namespace, whose file always has this name.
  private static let firstNamespace = "pid:[4026531836]"

  init() {
    let isFirst = SymbolicLink.target("/proc/self/ns/pid") == Self.firstNamespace
    log = isFirst ? open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1
    if log >= 0 { lseek(log, 0, SEEK_END) }
    count = Self.totalKills() ?? 0
  }

  deinit {
    if log >= 0 { close(log) }
  }

  /// Whether this process, which SIGKILL has ended, was killed for lack of memory.
  ///
  /// - Parameter before: the number of such kills in its cgroup when it began.
  mutating func ended(_ process: ProcessIdentity, group: ControlGroup?, before: UInt64?) -> Bool {
    if let before, let now = group?.oomKills, now > before { return true }
    // The kernel counts before it kills and logs after: while the count is unchanged, there is nothing to
    // read or to wait for.
    guard log >= 0, let total = Self.totalKills() else { return false }
    let isNew = total > count
    count = total
    read()
    if isNew, !isLogged(process) {
      var entry = pollfd(fd: log, events: Int16(POLLIN), revents: 0)
      while !isLogged(process), poll(&entry, 1, 50) > 0 { read() }
    }
    return isLogged(process)
  }

  private func isLogged(_ process: ProcessIdentity) -> Bool {
    guard let time = kills[process.pid] else { return false }
    // The log's clock stops in suspend, boot time does not, and ticks are coarse: an earlier process with
    // this pid was killed much earlier.
    var monotonic = timespec()
    var boot = timespec()
    clock_gettime(CLOCK_MONOTONIC, &monotonic)
    clock_gettime(CLOCK_BOOTTIME, &boot)
    let slept = max(0, (boot.tv_sec - monotonic.tv_sec) * 1_000_000 + (boot.tv_nsec - monotonic.tv_nsec) / 1000)
    let start = Double(process.startTime) * 1e6 / Double(sysconf(Int32(_SC_CLK_TCK)))
    return Double(time) + 1e6 >= start - Double(slept)
  }

  /// Reads the new part of the log.
  private mutating func read() {
    withUnsafeTemporaryAllocation(byteCount: 8192, alignment: 16) { buffer in
      while true {
        let count = Glibc.read(log, buffer.baseAddress, buffer.count)
        if count < 0 {
          // EPIPE: a part was overwritten before it was read; the rest follows.
          if errno == EPIPE || errno == EINTR { continue }
          return
        }
        guard count > 0 else { return }
        note(UnsafeRawBufferPointer(rebasing: buffer[0..<count]))
      }
    }
  }

  /// One record: `priority,number,microseconds,…;text`.
  private mutating func note(_ record: UnsafeRawBufferPointer) {
    guard let pid = record.number(after: "Killed process "), let pid = Int32(exactly: pid) else { return }
    let fields = record.split(separator: UInt8(ascii: ","), maxSplits: 3)
    guard fields.count == 4, let time = UInt64(String(decoding: fields[2], as: UTF8.self)) else { return }
    // Such kills are rare, and only recent ones are looked up.
    if kills.count > 1000 { kills.removeAll() }
    kills[pid] = time
  }

  private static func totalKills() -> UInt64? {
    SmallFile.read("/proc/vmstat", bound: 1 << 20)?.withUnsafeBytes { $0.number(after: "\noom_kill ") }
  }
}
