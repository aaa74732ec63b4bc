// One way of output from a service to us: a terminal; or a pipe: a FIFO that outlives us, or where none can be made, a pipe without a name,
// which sends its writer no SIGPIPE.

import CLinux
import Glibc
import Linux

/// The two ends of a pipe or terminal, owned by the holder of this value.
struct OutputPipe {
  /// Our end; never waits.
  var reading: Int32
  /// The child's end. It is open for reading too, so that a writer gets no SIGPIPE and no error when we die:
  /// it waits then (rule 36).
  var writing: Int32
  /// The FIFO for a successor; nil if it has none.
  var fifo: FIFO?

  func close() {
    Glibc.close(reading)
    Glibc.close(writing)
    fifo?.remove()
  }

  /// Makes a FIFO for our user alone. An old FIFO of this name belongs to a run that was not adopted.
  static func named(_ name: String, in folder: OpenFolder) throws(SystemError) -> OutputPipe {
    if mkfifoat(folder.descriptor, name, 0o600) < 0 {
      guard errno == EEXIST else { throw .last }
      folder.remove(name)
      try system { mkfifoat(folder.descriptor, name, 0o600) }
    }
    var ends: [Int32] = [-1, -1]
    do {
      // The writing end first: without a writer the reading end would report an end.
      ends[1] = try folder.open(name, O_RDWR)
      ends[0] = try folder.open(name, O_RDONLY | O_NONBLOCK)
    } catch {
      for end in ends where end >= 0 { Glibc.close(end) }
      folder.remove(name)
      throw error
    }
    return OutputPipe(reading: ends[0], writing: ends[1], fifo: FIFO(folder: folder, name: name))
  }

  /// Makes a terminal, of which nothing is left when we die: a writer gets an error then.
  static func terminal() throws(SystemError) -> OutputPipe {
    var ends: [Int32] = [-1, -1]
    try system { clinux_terminal(&ends) }
    return OutputPipe(reading: ends[0], writing: ends[1])
  }

  /// Makes a pipe without a name.
  static func anonymous() throws(SystemError) -> OutputPipe {
    var ends: [Int32] = [-1, -1]
    try system { clinux_pipe(&ends) }
    // Only our end: the child's end is another open file, and waits as programs expect.
    if clinux_set_nonblocking(ends[0]) < 0 {
      let error = SystemError.last
      for end in ends { Glibc.close(end) }
      throw error
    }
    // Without /proc the child has an end for writing only.
    let both = open("/proc/self/fd/\(ends[1])", O_RDWR | O_CLOEXEC)
    if both >= 0 {
      Glibc.close(ends[1])
      ends[1] = both
    }
    return OutputPipe(reading: ends[0], writing: ends[1])
  }
}

extension LogMaintenance.Job {
  /// Removes the FIFO of a stream that has ended. A job, since the pump must not hang with the disk of the
  /// FIFO.
  static func removeFIFO(_ fifo: FIFO, device: UInt64) -> Self {
    Self(call: BlockingCall(device: device, path: fifo.path), subject: nil) { _ in fifo.remove() }
  }
}
