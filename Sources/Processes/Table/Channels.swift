// The channels from a run to us.

import Glibc

/// The descriptors through which a run sends notifications. They belong to the holder of this value.
struct Channels {
  /// The socket of sd_notify.
  var socket: NotifySocket?
  /// The reading end of the pipe on which a newline means ready.
  var readiness: Int32?

  /// All descriptors.
  var descriptors: [Int32] { [socket?.descriptor, readiness].compactMap(\.self) }

  func close() {
    for descriptor in descriptors { _ = Glibc.close(descriptor) }
  }
}
