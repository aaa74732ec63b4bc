// The socket for a run's notifications.

import CLinux
import Glibc
import Linux
import Orchestration

/// A datagram socket of one run, with an abstract name that a successor of this process finds again. Its
/// descriptor belongs to the holder of this value.
struct NotifySocket {
  let descriptor: Int32
  /// The value of `NOTIFY_SOCKET`.
  let address: String
  /// The user whose messages count, besides root and our own user: every user can send to an abstract name.
  let user: uid_t?

  static let variable = "NOTIFY_SOCKET"
  static let watchdogVariable = "WATCHDOG_USEC"
  /// Variables of another manager's socket that were inherited and must not reach a program. `WATCHDOG_PID`
  /// is not set again: it would only be right for a program that does its work itself and not in a child, and
  /// a program without it takes the watchdog for its own.
  static let variables = [variable, watchdogVariable, "WATCHDOG_PID"]

  /// Opens the socket for the runs of `owner`, which has at most one run at a time.
  init(mark: String, owner: String, user: uid_t?) throws(SystemError) {
    let name = "stoker/\(StableHash.text(of: mark))/\(owner.utf8.count <= 64 ? owner : StableHash.text(of: owner))"
    let bytes = Array(name.utf8CString)
    descriptor = try system { clinux_notify_open(bytes, bytes.count - 1) }
    address = "@\(name)"
    self.user = user
  }

  /// The next message; nil if there is none now. A message that is too long, or comes from another user, is
  /// returned as an empty one.
  func receive() -> NotificationMessage? {
    withUnsafeTemporaryAllocation(byteCount: NotificationMessage.bound, alignment: 16) { buffer in
      var sender = clinux_sender()
      let length = clinux_notify_receive(descriptor, buffer.baseAddress, buffer.count, &sender)
      guard length >= 0 else { return nil }
      let isHeard = length <= buffer.count && (sender.user == 0 || sender.user == geteuid() || sender.user == user)
      return NotificationMessage(UnsafeRawBufferPointer(rebasing: buffer[0..<(isHeard ? length : 0)]))
    }
  }
}
