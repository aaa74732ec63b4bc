// The socket for a run's notifications.

import CLinux
import Glibc
import Linux
import Orchestration

/// A datagram socket of one run, with an address that a successor of this process finds again. Its descriptor
/// and its file belong to the holder of this value.
struct NotifySocket {
  let descriptor: Int32
  /// The value of `NOTIFY_SOCKET`.
  let address: String
  /// The folder and the name of its file; nil for an abstract name.
  private let file: (folder: OpenFolder, name: String)?
  /// The user whose messages count, besides root and our own user.
  let user: uid_t?

  static let variable = "NOTIFY_SOCKET"
  static let watchdogVariable = "WATCHDOG_USEC"
  /// Variables of another manager's socket that were inherited and must not reach a program. `WATCHDOG_PID`
  /// is not set again: it would only be right for a program that does its work itself and not in a child, and
  /// a program without it takes the watchdog for its own.
  static let variables = [variable, watchdogVariable, "WATCHDOG_PID"]

  /// Opens a socket in place of one that a dead process left there. Its file is for the user alone: another
  /// one can neither send to it nor fill its queue.
  init(in folder: OpenFolder, name: String, user: uid_t?) throws(SystemError) {
    address = "\(folder.path)/\(name)"
    folder.remove(name)
    descriptor = try Self.open(address)
    file = (folder, name)
    self.user = user
    guard let user, user != geteuid(), fchownat(folder.descriptor, name, user, .max, AT_SYMLINK_NOFOLLOW) != 0 else { return }
    let error = SystemError.last
    close()
    throw error
  }

  /// Opens a socket with an abstract name, as Stoker 0.1.0 gave one to its runs. Every user can send to it.
  init(abstract address: String, user: uid_t?) throws(SystemError) {
    descriptor = try Self.open(address)
    self.address = address
    file = nil
    self.user = user
  }

  private static func open(_ address: String) throws(SystemError) -> Int32 {
    let bytes = Array(address.utf8CString)
    return try system { clinux_notify_open(bytes, bytes.count - 1) }
  }

  func close() {
    removeFile()
    Glibc.close(descriptor)
  }

  /// Before the next run of the owner makes its own.
  func removeFile() {
    if let (folder, name) = file { folder.remove(name) }
  }

  /// The next message and the pid of its sender; nil if there is none now. A message that is too long, or comes from another user, is
  /// returned as an empty one.
  func receive() -> (message: NotificationMessage, sender: pid_t)? {
    withUnsafeTemporaryAllocation(byteCount: NotificationMessage.bound, alignment: 16) { buffer in
      var sender = clinux_sender()
      let length = clinux_notify_receive(descriptor, buffer.baseAddress, buffer.count, &sender)
      guard length >= 0 else { return nil }
      let isHeard = length <= buffer.count && (sender.user == 0 || sender.user == geteuid() || sender.user == user)
      return (NotificationMessage(UnsafeRawBufferPointer(rebasing: buffer[0..<(isHeard ? length : 0)])), sender.pid)
    }
  }
}
