// Reads /proc with one open folder and one buffer, without a String per process.

import CLinux
import Glibc
import Linux

/// A reader of /proc. Used by one thread at a time.
struct ProcReader: ~Copyable {
  /// The folder /proc itself.
  let folder: Int32
  private let buffer: UnsafeMutableRawBufferPointer

  /// 4 KiB hold every `stat`, `io` and `status`; environments are read into a larger buffer when they are
  /// longer.
  private static let bufferSize = 4096
  /// The most that is read of an environment. The kernel's own bound is a quarter of the stack limit.
  private static let environmentBound = 8 << 20

  /// - Parameter path: The folder, if it is another one than /proc.
  init(_ path: String = "/proc") throws(SystemError) {
    folder = try system { clinux_proc_open(path) }
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

  /// The name of its program, at most 15 bytes; empty if it is gone.
  func programName(of pid: Int32) -> String {
    let count = clinux_proc_read(folder, pid, "comm", buffer.baseAddress, buffer.count)
    guard count > 0 else { return "" }
    return String(decoding: UnsafeRawBufferPointer(rebasing: buffer[0..<count]).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }

  /// The exit status of a zombie, in the form of wait(); nil if it is gone, or we have no permission: then
  /// the kernel writes a 0 without meaning. The status belongs to this process only if the process still
  /// existed after the reading, see `status(of:)`.
  func exitStatus(of process: ProcessIdentity) -> Int32? {
    // Without permission to look at a process this fails with EACCES, and the status of a zombie is unknown.
    guard SymbolicLink.target("/proc/\(process.pid)/exe") == nil, errno == ENOENT else { return nil }
    let count = clinux_proc_read(folder, process.pid, "stat", buffer.baseAddress, buffer.count)
    guard count > 0 else { return nil }
    let line = UnsafeRawBufferPointer(rebasing: buffer[0..<count])
    guard let status = ProcessStatus(pid: process.pid, line: line), status.startTime == process.startTime, status.isZombie else {
      return nil
    }
    return ProcessStatus.exitStatus(in: line)
  }

  /// All readable processes, including zombies, in no order.
  func processes() -> [ProcessStatus] { look().found }

  /// All processes, including zombies, in no order. Throws if some could not be read for lack of descriptors
  /// or memory.
  func allProcesses() throws(SystemError) -> [ProcessStatus] {
    let (found, error) = look()
    if let error { throw error }
    return found
  }

  private func look() -> (found: [ProcessStatus], error: SystemError?) {
    var found: [ProcessStatus] = []
    var error: SystemError?
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: 1024) { pids in
      var rewind: Int32 = 1
      while true {
        let count = clinux_proc_list(folder, rewind, pids.baseAddress, Int32(pids.count))
        if count < 0 { error = .last }
        guard count > 0 else { return }
        rewind = 0
        for index in 0..<Int(count) {
          if let status = status(of: pids[index]) {
            found.append(status)
          } else if Self.isWant(errno) {
            error = .last
          }
        }
      }
    }
    return (found, error)
  }

  /// Whether a failure is a shortage of this process, and not a property of the process that was read.
  static func isWant(_ error: Int32) -> Bool {
    SystemError(errno: error).isDescriptorShortage || error == ENOMEM
  }

  /// Whether a failure to read says that the process is gone.
  static func isEnd(_ error: Int32) -> Bool { error == ENOENT || error == ESRCH }

  /// The mark in the environment of a process.
  enum Marking {
    /// A mark of ours.
    case marked(RunMarks.Mark)
    /// No mark of ours.
    case unmarked
    /// The process is just executing a program: its environment can be read in a moment.
    case changing
    /// The environment is empty, or may not be read.
    case unknown

    init(_ environment: UnsafeRawBufferPointer, _ marks: RunMarks) {
      self = marks.mark(in: environment).map { .marked($0) } ?? .unmarked
    }
  }

  /// The mark of a process. Blocks without end if the process hangs in the kernel while it changes its
  /// memory (see `MarkReader`).
  func marking(of pid: Int32, _ marks: RunMarks) -> Marking {
    var count = clinux_proc_read(folder, pid, "environ", buffer.baseAddress, buffer.count)
    guard count > 0 else { return count == 0 && isExecuting(pid) ? .changing : .unknown }
    if count < buffer.count { return Marking(UnsafeRawBufferPointer(rebasing: buffer[0..<count]), marks) }
    var size = buffer.count * 16
    while true {
      let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
      defer { larger.deallocate() }
      count = clinux_proc_read(folder, pid, "environ", larger.baseAddress, size)
      guard count > 0 else { return .unknown }
      if count < size || size >= Self.environmentBound {
        return Marking(UnsafeRawBufferPointer(rebasing: larger[0..<count]), marks)
      }
      size *= 4
    }
  }

  /// Whether a process is between its old memory and the new one: then it has memory (field 23 of `stat`), unlike a thread of the
  /// kernel, and the kernel has no address of its environment (field 51).
  private func isExecuting(_ pid: Int32) -> Bool {
    read("stat", of: pid) { line in
      guard let end = line.lastIndex(of: UInt8(ascii: ")")) else { return false }
      let fields = line[(end + 1)...].split(separator: UInt8(ascii: " "))
      return fields.count > 48 && fields[48].elementsEqual("0".utf8) && !fields[20].elementsEqual("0".utf8)
        && !"ZX".utf8.contains(fields[0].first ?? 0)
    } ?? false
  }

  /// The user who started a process, whatever user it is now; nil if it is gone.
  func realUser(of pid: Int32) -> uid_t? {
    read("status", of: pid) { $0.number(after: "\nUid:\t").flatMap { uid_t(exactly: $0) } } ?? nil
  }

  /// Passes the content of a small file of a process to `body`; nil if it cannot be read.
  func read<Result>(_ name: String, of pid: Int32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
    let count = clinux_proc_read(folder, pid, name, buffer.baseAddress, buffer.count)
    guard count > 0 else { return nil }
    return body(UnsafeRawBufferPointer(rebasing: buffer[0..<count]))
  }
}

extension ProcessIdentity {
  /// The process that has this pid now; nil if there is none.
  package static func current(pid: Int32) -> ProcessIdentity? {
    guard let proc = try? ProcReader(), let status = proc.status(of: pid) else { return nil }
    return ProcessIdentity(pid: pid, startTime: status.startTime)
  }
}
