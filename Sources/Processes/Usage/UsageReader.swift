// Reads the usage of all runs in one walk of /proc.

import CLinux
import Glibc
import Linux

/// Reads the usage of runs.
package struct UsageReader: Sendable {
  private let folder: String

  /// A reader.
  package init() { self.init(folder: "/proc") }

  init(folder: String) {
    self.folder = folder
  }

  /// Reads the usage of the runs with these first processes, which must not be `emptied` yet. Runs without
  /// processes are left out. If a first process is there and none of its run may be seen, `unread` says so.
  ///
  /// Processor time and I/O are sums over the present processes: they shrink when a process ends and its
  /// parent does not wait for it. Blocks, for about a millisecond for fifty processes on the machine. Throws
  /// if not all processes could be read, for example without a free descriptor (EMFILE): partial sums would
  /// be wrong.
  package func read(_ roots: [RunKey: Int32]) throws(SystemError) -> [RunKey: TreeUsage] {
    guard !roots.isEmpty else { return [:] }
    let proc = try ProcReader(folder)
    let tree = ProcessTree(try proc.allProcesses())
    var owners = Owners(sessions: Dictionary(roots.map { ($1, $0) }, uniquingKeysWith: { first, _ in first }))
    var sums: [RunKey: Sum] = [:]
    for process in tree.processes {
      guard let key = owners.owner(of: process, in: tree) else { continue }
      sums[key, default: Sum()].add(process, proc)
    }
    var usages = sums.mapValues { $0.usage() }
    for (key, root) in roots where usages[key] == nil && (kill(root, 0) == 0 || errno == EPERM) {
      var usage = TreeUsage()
      usage.unread = [.processes]
      usages[key] = usage
    }
    return usages
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
    private var sum = TreeUsage()
    private var descriptors: TreeUsage.Descriptors?

    private static let secondsPerTick = 1 / Double(sysconf(Int32(_SC_CLK_TCK)))
    private static let pageSize = UInt64(sysconf(Int32(_SC_PAGESIZE)))

    /// The sum; what could not be read is nil.
    func usage() -> TreeUsage {
      var usage = sum
      if descriptors != nil || usage.unread.contains(.descriptors) { usage.descriptors = descriptors }
      if usage.unread.contains(.storage) { usage.storage = nil }
      return usage
    }

    mutating func add(_ process: ProcessStatus, _ proc: borrowing ProcReader) {
      sum.userSeconds += Double(process.userTime + process.childrenUserTime) * Self.secondsPerTick
      sum.systemSeconds += Double(process.systemTime + process.childrenSystemTime) * Self.secondsPerTick
      if process.isZombie { return }
      sum.residentBytes &+= process.residentPages &* Self.pageSize
      sum.virtualBytes &+= process.virtualBytes
      sum.threads &+= Int(process.threads)
      sum.processes += 1
      if let (read, written) = proc.inputOutput(of: process.pid) {
        sum.storage?.read &+= read
        sum.storage?.written &+= written
      } else if !ProcReader.isEnd(errno) {
        sum.unread.insert(.storage)
      }
      if let found = proc.descriptors(of: process.pid) {
        if share(found) > descriptors.map(share) ?? -1 { descriptors = found }
      } else if !ProcReader.isEnd(errno) {
        sum.unread.insert(.descriptors)
      }
    }

    private func share(_ descriptors: TreeUsage.Descriptors) -> Double { Double(descriptors.open) / Double(max(descriptors.limit, 1)) }
  }
}

extension ProcReader {
  /// Open descriptors and their limit; nil with errno if one of them cannot be read.
  fileprivate func descriptors(of pid: Int32) -> TreeUsage.Descriptors? {
    let count = clinux_proc_count_descriptors(folder, pid)
    guard count >= 0, let limit = descriptorLimit(of: pid) else { return nil }
    return TreeUsage.Descriptors(open: Int(count), limit: Int(clamping: limit))
  }

  private func descriptorLimit(of pid: Int32) -> UInt64? {
    var soft: UInt64 = 0
    var hard: UInt64 = 0
    if clinux_descriptor_limit(pid, &soft, &hard) == 0 { return soft }
    // prlimit(2) needs CAP_SYS_RESOURCE for a process of another user; the file may be read by all.
    errno = 0
    return read("limits", of: pid) { text in
      text.word(after: "\nMax open files ").map { String(decoding: $0, as: UTF8.self) }.flatMap { $0 == "unlimited" ? .max : UInt64($0) }
    } ?? nil
  }
}

extension ProcReader {
  /// Bytes read from and written to storage; nil with errno if they cannot be read.
  fileprivate func inputOutput(of pid: Int32) -> (read: UInt64, written: UInt64)? {
    errno = 0
    return read("io", of: pid) { text in
      guard let read = text.number(after: "\nread_bytes: "), let written = text.number(after: "\nwrite_bytes: ") else { return nil }
      return (read, written)
    } ?? nil
  }
}
