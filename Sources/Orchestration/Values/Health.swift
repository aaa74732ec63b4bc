// How a service is.

/// How a service is (behaviour.md, Health).
package enum Health: String, Sendable, CaseIterable {
  case healthy, degraded, unhealthy, unknown
}
