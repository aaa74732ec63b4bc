// The socket that a run's messages arrive at.

import CLinux
import Glibc
import Linux
import Orchestration

/// A datagram socket of one run, with an abstract name that a successor of this process finds again. Its descriptor belongs to who has this.
struct NotifySocket {
  let descriptor: Int32
  /// As it stands in `NOTIFY_SOCKET`.
  let address: String
  /// Whose messages count, besides root's and our own: anybody can send to an abstract name.
  let user: uid_t?

  static let variable = "NOTIFY_SOCKET"
  static let watchdogVariable = "WATCHDOG_USEC"
  /// What a program is not to hear of another's socket, one that was inherited. `WATCHDOG_PID` would only be right for a program that
  /// does not leave its work to a child, and a program that does not find it thinks itself meant.
  static let variables = [variable, watchdogVariable, "WATCHDOG_PID"]

  /// Opens it for the runs of `owner`. At most one run of an owner is there at a time.
  init(mark: String, owner: String, user: uid_t?) throws(SystemError) {
    let name = "stoker/\(StableHash.text(of: mark))/\(owner.utf8.count <= 64 ? owner : StableHash.text(of: owner))"
    let bytes = Array(name.utf8CString)
    descriptor = try system { clinux_notify_open(bytes, bytes.count - 1) }
    address = "@\(name)"
    self.user = user
  }

  /// The next message; nil if there is none now. One that is too long or comes from a stranger is an empty one.
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
