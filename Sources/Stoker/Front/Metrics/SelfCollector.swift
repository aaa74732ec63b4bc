// The supervisor's own process, under the standard names.

import Exposition
import Processes

/// `process_*` (docs/metrics.md), with the names of all client libraries.
struct SelfCollector: Collector {
  let name = "process"
  private let failures: ReadFailures

  init(_ failures: ReadFailures) {
    self.failures = failures
  }

  func collect(into page: inout PageWriter) throws {
    let usage = try ProcessSelf.usage()
    page.begin(Self.cpu)
    page.sample(.none, usage.cpuSeconds)
    if let open = usage.openDescriptors {
      page.begin(Self.openDescriptors)
      page.sample(.none, open)
    } else {
      failures.count(.ownDescriptors)
    }
    for (family, value) in [
      (Self.maxDescriptors, usage.maxDescriptors), (Self.virtual, usage.virtualBytes),
      (Self.resident, usage.residentBytes), (Self.threads, usage.threads),
    ] {
      page.begin(family)
      page.sample(.none, value)
    }
    if let limit = usage.virtualLimitBytes {
      page.begin(Self.maxVirtual)
      page.sample(.none, limit)
    }
    page.begin(Self.startTime)
    page.sample(.none, usage.startTimeSeconds)
  }

  private static let cpu = Family(
    name: "process_cpu_seconds_total", type: .counter, help: "Total user and system CPU time spent in seconds.")
  private static let openDescriptors = Family(name: "process_open_fds", type: .gauge, help: "Number of open file descriptors.")
  private static let maxDescriptors = Family(name: "process_max_fds", type: .gauge, help: "Maximum number of open file descriptors.")
  private static let virtual = Family(name: "process_virtual_memory_bytes", type: .gauge, help: "Virtual memory size in bytes.")
  private static let maxVirtual = Family(
    name: "process_virtual_memory_max_bytes", type: .gauge, help: "Maximum amount of virtual memory available in bytes.")
  private static let resident = Family(name: "process_resident_memory_bytes", type: .gauge, help: "Resident memory size in bytes.")
  private static let threads = Family(name: "process_threads", type: .gauge, help: "Number of threads.")
  private static let startTime = Family(
    name: "process_start_time_seconds", type: .gauge, help: "Start time of the process since unix epoch in seconds.")
}
