// The children of this process, including orphans that it adopted as a subreaper.

import CLinux
import Glibc
import Linux

/// Lists the children of this process.
struct OwnChildren: ~Copyable {
  private let tasks: Int32
  private var buffer: [UInt8]

  init() throws(SystemError) {
    tasks = try system { clinux_proc_open("/proc/self/task") }
    buffer = Array(repeating: 0, count: 16384)
  }

  deinit { close(tasks) }

  /// Their pids, including zombies. Exact only if no child is reaped meanwhile: if the list shrinks while it
  /// is read, other children may be missed. Throws if no descriptor is left to read the list.
  mutating func pids(_ proc: borrowing ProcReader) throws(SystemError) -> [Int32] {
    var threads: [Int32] = []
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: 256) { batch in
      var rewind: Int32 = 1
      while true {
        let count = clinux_proc_list(tasks, rewind, batch.baseAddress, Int32(batch.count))
        guard count > 0 else { return }
        rewind = 0
        threads.append(contentsOf: batch[0..<Int(count)])
      }
    }
    var children: [Int32] = []
    for thread in threads {
      guard append(childrenOf: thread, to: &children) else {
        // The kernel was built without these lists (CONFIG_PROC_CHILDREN).
        return try proc.allProcesses().filter { $0.parent == getpid() }.map(\.pid)
      }
    }
    return children
  }

  private mutating func append(childrenOf thread: Int32, to children: inout [Int32]) -> Bool {
    while true {
      let count = buffer.withUnsafeMutableBytes { clinux_proc_read(tasks, thread, "children", $0.baseAddress, $0.count) }
      if count < 0 {
        // A thread that ended passed its children to another, which may have been read already: look at all
        // processes.
        return false
      }
      if count == buffer.count {
        buffer = Array(repeating: 0, count: buffer.count * 4)
        continue
      }
      var pid: Int32 = 0
      for byte in buffer[0..<count] {
        if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
          pid = pid &* 10 &+ Int32(byte - UInt8(ascii: "0"))
        } else if pid > 0 {
          children.append(pid)
          pid = 0
        }
      }
      return true
    }
  }
}
