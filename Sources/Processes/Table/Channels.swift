// What a run talks to us through.

import Glibc

/// The descriptors through which a run says how it is. They belong to who has this.
struct Channels {
  /// The socket of sd_notify.
  var socket: NotifySocket?
  /// The reading end of the pipe on which a newline says that it is ready.
  var readiness: Int32?

  /// Their numbers.
  var descriptors: [Int32] { [socket?.descriptor, readiness].compactMap(\.self) }

  func close() {
    for descriptor in descriptors { _ = Glibc.close(descriptor) }
  }
}
