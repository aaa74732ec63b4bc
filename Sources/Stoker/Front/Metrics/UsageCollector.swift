// Writes the resource usage of services.

import Exposition
import ServiceFile

/// The families whose values come from /proc. If no reading is recent enough they are left out, and the omission is counted.
struct UsageCollector: Collector {
  let name = "usage"
  private let supervisor: any SupervisorQueries
  private let cache: UsageCache
  private let families: ServiceFamilySet

  init(_ supervisor: any SupervisorQueries, cache: UsageCache, excluded: Set<MetricsGroup>) {
    self.supervisor = supervisor
    self.cache = cache
    families = ServiceFamilySet(ServiceFamily.usage, ServiceCaseFamily.usage, excluded: excluded)
  }

  func collect(into page: inout PageWriter) throws {
    try cache.check()
    families.write(ServiceReadings(supervisor), into: &page)
  }
}
