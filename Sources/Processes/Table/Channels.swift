// The channels from a run to us.

import Glibc
import Linux

/// The descriptors through which a run sends notifications. They belong to the holder of this value.
struct Channels {
  /// The socket of sd_notify.
  var socket: NotifySocket?
  /// Whether the main process and its descendants alone may speak on the socket.
  var hearsMainAlone = false
  /// Why messages were refused: each reason is reported once.
  var refusals: Set<NotifyRefusal> = []
  /// The reading end of the pipe on which a newline means ready.
  var readiness: Int32?
  /// The file that names the main process of a program that goes into the background.
  var pidFile: PIDFile?
  /// How fast messages are taken from the socket.
  var pace = NotifyPace()
  /// Why an adopted run has no socket.
  var unheard: SystemError?

  /// All descriptors.
  var descriptors: [Int32] { [socket?.descriptor, readiness].compactMap(\.self) }

  func close() {
    socket?.close()
    if let readiness { _ = Glibc.close(readiness) }
  }
}
