// All processes at one moment, with their descent.

/// A picture of all processes, enough to group them by descent.
struct ProcessTree {
  let processes: [ProcessStatus]
  private let indices: [Int32: Int]

  init(_ processes: [ProcessStatus]) {
    self.processes = processes
    indices = Dictionary(processes.enumerated().map { ($1.pid, $0) }, uniquingKeysWith: { $1 })
  }

  subscript(pid: Int32) -> ProcessStatus? {
    indices[pid].map { processes[$0] }
  }

  /// The process and its ancestors, nearest first. Ends at a parent that is not in the picture.
  func lineage(of pid: Int32) -> [ProcessStatus] {
    var line: [ProcessStatus] = []
    var next = pid
    // A picture taken over time may have a pid twice in different roles: no line is longer than the number of
    // processes.
    while let process = self[next], line.count <= processes.count {
      line.append(process)
      next = process.parent
    }
    return line
  }
}
