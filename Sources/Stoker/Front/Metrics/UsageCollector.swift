// Writes what services use of the machine.

import Exposition
import ServiceFile

/// The families whose values come from /proc. Where no reading is young enough they are left out, and that is counted.
struct UsageCollector: Collector {
  let name = "usage"
  private unowned let supervisor: Supervisor
  private let cache: UsageCache
  private let families: ServiceFamilySet

  init(_ supervisor: Supervisor, cache: UsageCache, excluded: Set<MetricsGroup>) {
    self.supervisor = supervisor
    self.cache = cache
    families = ServiceFamilySet(ServiceFamily.usage, ServiceCaseFamily.usage, excluded: excluded)
  }

  func collect(into page: inout PageWriter) throws {
    try cache.check()
    families.write(ServiceReadings(supervisor), into: &page)
  }
}
