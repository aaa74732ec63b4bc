// Reads /proc with one open folder and one buffer, without a String per process.

import CLinux
import Glibc

/// A reader of /proc. Used by one thread at a time.
struct ProcReader: ~Copyable {
  /// /proc itself.
  let folder: Int32
  private let buffer: UnsafeMutableRawBufferPointer

  /// 4 KiB hold every `stat`, `io` and `status`; environments are read into a larger buffer when they are longer.
  private static let bufferSize = 4096
  /// More than this of an environment is not looked at. The kernel's own bound for one is a quarter of the stack limit.
  private static let environmentBound = 8 << 20

  init() throws(SystemError) {
    folder = try system { clinux_proc_open("/proc") }
    buffer = .allocate(byteCount: Self.bufferSize, alignment: 16)
  }

  deinit {
    close(folder)
    buffer.deallocate()
  }

  /// The process with this pid; nil if there is none.
  func status(of pid: Int32) -> ProcessStatus? {
    let count = clinux_proc_read(folder, pid, "stat", buffer.baseAddress, buffer.count)
    guard count > 0 else { return nil }
    return ProcessStatus(pid: pid, line: UnsafeRawBufferPointer(rebasing: buffer[0..<count]))
  }

  /// All processes, zombies too, in no order.
  func processes() -> [ProcessStatus] {
    var found: [ProcessStatus] = []
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: 1024) { pids in
      var rewind: Int32 = 1
      while true {
        let count = clinux_proc_list(folder, rewind, pids.baseAddress, Int32(pids.count))
        guard count > 0 else { return }
        rewind = 0
        for index in 0..<Int(count) {
          if let status = status(of: pids[index]) { found.append(status) }
        }
      }
    }
    return found
  }

  /// The run that the environment of a process names; nil if it names none, or may not be read.
  func run(of pid: Int32, mark: String) -> RunKey? {
    var count = clinux_proc_read(folder, pid, "environ", buffer.baseAddress, buffer.count)
    guard count > 0 else { return nil }
    if count < buffer.count { return RunMark.key(in: UnsafeRawBufferPointer(rebasing: buffer[0..<count]), mark: mark) }
    var size = buffer.count * 16
    while true {
      let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
      defer { larger.deallocate() }
      count = clinux_proc_read(folder, pid, "environ", larger.baseAddress, size)
      guard count > 0 else { return nil }
      if count < size || size >= Self.environmentBound {
        return RunMark.key(in: UnsafeRawBufferPointer(rebasing: larger[0..<count]), mark: mark)
      }
      size *= 4
    }
  }

  /// Gives the content of a small file of a process to `body`; nil if it cannot be read.
  func read<Result>(_ name: String, of pid: Int32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
    let count = clinux_proc_read(folder, pid, name, buffer.baseAddress, buffer.count)
    guard count > 0 else { return nil }
    return body(UnsafeRawBufferPointer(rebasing: buffer[0..<count]))
  }
}
