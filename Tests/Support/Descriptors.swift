// Tests without descriptors.

import Glibc
import Linux

/// Runs a function while this process can open no more descriptors. For a process of its own. One descriptor
/// must be allowed, for poll().
package func withoutDescriptors(_ body: () async throws -> Void) async throws {
  try await runTimer()
  var limit = rlimit()
  guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { throw SystemError.last }
  var none = limit
  none.rlim_cur = 1
  guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &none) == 0 else { throw SystemError.last }
  defer { setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) }
  try await body()
}

/// Lets the runtime open the descriptors of its timers: it does so at the first use, and ends the process if
/// it cannot.
package func runTimer() async throws { try await Task.sleep(for: .nanoseconds(1)) }
