// Reads the usage of all runs in one walk of /proc.

import CLinux
import Glibc
import Linux

/// Reads the usage of runs.
package struct UsageReader: Sendable {
  /// A reader.
  package init() {}

  /// Reads the usage of the runs with these first processes, which must not be `emptied` yet. Runs without
  /// processes are left out.
  ///
  /// Processor time and I/O are sums over the present processes: they shrink when a process ends and its
  /// parent does not wait for it. Blocks, for about a millisecond for fifty processes on the machine. Throws
  /// if not all processes could be read, for example without a free descriptor (EMFILE): partial sums would
  /// be wrong.
  package func read(_ roots: [RunKey: Int32]) throws(SystemError) -> [RunKey: TreeUsage] {
    guard !roots.isEmpty else { return [:] }
    let proc = try ProcReader()
    let tree = ProcessTree(try proc.allProcesses())
    var owners = Owners(sessions: Dictionary(roots.map { ($1, $0) }, uniquingKeysWith: { first, _ in first }))
    var sums: [RunKey: Sum] = [:]
    for process in tree.processes {
      guard let key = owners.owner(of: process, in: tree) else { continue }
      sums[key, default: Sum()].add(process, proc)
    }
    return sums.mapValues(\.usage)
  }

  /// The run of a process: that of its session, else of its parent.
  private struct Owners {
    let sessions: [Int32: RunKey]
    private var known: [Int32: RunKey?] = [:]

    init(sessions: [Int32: RunKey]) {
      self.sessions = sessions
    }

    mutating func owner(of process: ProcessStatus, in tree: ProcessTree) -> RunKey? {
      if let key = known[process.pid] { return key }
      known[process.pid] = .some(nil)  // ends a circle, if pids were reused during the walk
      let key = sessions[process.session] ?? tree[process.parent].flatMap { owner(of: $0, in: tree) }
      known[process.pid] = .some(key)
      return key
    }
  }

  private struct Sum {
    private(set) var usage = TreeUsage()
    /// The share of its descriptor limit that the process nearest to it uses.
    private var fullness = -1.0

    private static let secondsPerTick = 1 / Double(sysconf(Int32(_SC_CLK_TCK)))
    private static let pageSize = UInt64(sysconf(Int32(_SC_PAGESIZE)))

    mutating func add(_ process: ProcessStatus, _ proc: borrowing ProcReader) {
      usage.userSeconds += Double(process.userTime + process.childrenUserTime) * Self.secondsPerTick
      usage.systemSeconds += Double(process.systemTime + process.childrenSystemTime) * Self.secondsPerTick
      if process.isZombie { return }
      usage.residentBytes &+= process.residentPages &* Self.pageSize
      usage.virtualBytes &+= process.virtualBytes
      usage.threads &+= Int(process.threads)
      usage.processes += 1
      if let (read, write) = proc.inputOutput(of: process.pid) {
        usage.ioReadBytes &+= read
        usage.ioWriteBytes &+= write
      }
      addDescriptors(of: process.pid, proc)
    }

    private mutating func addDescriptors(of pid: Int32, _ proc: borrowing ProcReader) {
      var soft: UInt64 = 0
      var hard: UInt64 = 0
      let count = clinux_proc_count_descriptors(proc.folder, pid)
      guard count >= 0, clinux_descriptor_limit(pid, &soft, &hard) == 0 else { return }
      let share = Double(count) / Double(max(soft, 1))
      guard share > fullness else { return }
      fullness = share
      usage.openDescriptors = Int(count)
      usage.maxDescriptors = Int(clamping: soft)
    }
  }
}

extension ProcReader {
  /// Bytes read from and written to storage; nil without permission.
  func inputOutput(of pid: Int32) -> (read: UInt64, write: UInt64)? {
    read("io", of: pid) { text in
      (text.number(after: "\nread_bytes: ") ?? 0, text.number(after: "\nwrite_bytes: ") ?? 0)
    }
  }
}
