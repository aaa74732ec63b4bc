// The age of a file.

import Glibc

/// The time since the contents of a file changed; at least 0, since clocks are set back.
package func age(of status: stat) -> Duration {
  var now = timespec()
  clock_gettime(CLOCK_REALTIME, &now)
  let then = status.st_mtim
  return max(.zero, .seconds(now.tv_sec - then.tv_sec) + .nanoseconds(now.tv_nsec - then.tv_nsec))
}
