// Waiting for one descriptor.

import Glibc

/// Waits until a descriptor has one of these `events`, at most so many milliseconds (-1: without limit). Returns whether it has.
///
/// Under a descriptor limit of 0 the kernel refuses to wait for anything (EINVAL). Then the call is a pause instead, at most a second, so
/// that a loop around it does not spin.
package func wait(for descriptor: Int32, _ events: Int32 = POLLIN, milliseconds: Int32) -> Bool {
  var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
  let count = uninterrupted { poll(&entry, 1, milliseconds) }
  if count < 0 { usleep(UInt32(milliseconds < 0 ? 100 : min(milliseconds, 1000)) * 1000) }
  return count > 0
}
