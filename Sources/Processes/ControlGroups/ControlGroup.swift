// The cgroup of one service.

import CLinux
import Glibc
import Linux
import Synchronization

/// A cgroup that processes of one service are in, with all that comes of them, whatever they do.
///
/// It is made when it is first needed, on the thread that needs it, and stays until `ControlGroups.remove`.
package final class ControlGroup: Sendable {
  /// Its folder.
  package let path: String
  /// Why a limit cannot be had here at all.
  private let refusals: [ControlGroupRefusal]
  private let limits = Mutex(ControlGroupLimits())
  /// Whether it may ever have been killed, by a predecessor even. Since Linux 6.14 whatever is born into a cgroup (CLONE_INTO_CGROUP) is killed
  /// at once if that has been killed more often than its parent's own cgroup. So such a folder is made anew: a new one counts from 0.
  private let mayHaveBeenKilled = Atomic<Bool>(true)

  init(path: String, refusals: [ControlGroupRefusal] = []) {
    self.path = path
    self.refusals = refusals
  }

  /// Opens its folder, for a process to be born in it. Makes it, if it is not there.
  func open() throws(SystemError) -> Int32 {
    let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC
    if mayHaveBeenKilled.load(ordering: .acquiring), ControlFile.remove(path) { mayHaveBeenKilled.store(false, ordering: .releasing) }
    let opened = Glibc.open(path, flags)
    if opened >= 0 { return opened }
    guard errno == ENOENT else { throw .last }
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw .last }
    _ = limits.withLock { write($0, over: ControlGroupLimits()) }
    return try system { Glibc.open(path, flags) }
  }

  // MARK: Limits

  /// Sets what it may use, at once and whenever it has to be made anew. Returns the limits that are not in force, and why.
  /// Writes a few of the kernel's files; touches nothing where nothing was limited and nothing is to be.
  package func set(_ wanted: ControlGroupLimits) -> [ControlGroupRefusal] {
    if wanted == ControlGroupLimits(), limits.withLock({ $0 == wanted }) { return [] }
    if mkdir(path, 0o755) == 0 {
      mayHaveBeenKilled.store(false, ordering: .releasing)
    } else if errno != EEXIST {
      let error = SystemError.last
      return wanted.controllers.map { ControlGroupRefusal(limit: $0, reason: "the cgroup '\(path)' cannot be made: \(error)") }
    }
    return limits.withLock { limits in
      let before = limits
      limits = wanted
      return write(wanted, over: before)
    }
  }

  private func write(_ wanted: ControlGroupLimits, over before: ControlGroupLimits) -> [ControlGroupRefusal] {
    var found: [ControlGroupRefusal] = []
    if wanted.memory != nil || before.memory != nil {
      // All of it or nothing: a service that lost one of its processes is rarely well.
      let group = set(.memory, "memory.oom.group", wanted.memory == nil ? "0" : "1")
      found += [set(.memory, "memory.max", wanted.memory.map { "\($0)" } ?? "max") ?? group].compactMap(\.self)
    }
    if wanted.tasks != nil || before.tasks != nil {
      found += [set(.tasks, "pids.max", wanted.tasks.map { "\($0)" } ?? "max")].compactMap(\.self)
    }
    if wanted.cpu != nil || before.cpu != nil {
      found += [set(.cpu, "cpu.max", wanted.cpu.map(Self.share) ?? "max")].compactMap(\.self)
    }
    return found.filter { wanted.controllers.contains($0.limit) }
  }

  private func set(_ limit: ControlGroups.Controller, _ file: String, _ text: String) -> ControlGroupRefusal? {
    if let refusal = refusals.first(where: { $0.limit == limit }) { return refusal }
    do {
      try ControlFile.write(text, to: "\(path)/\(file)")
      return nil
    } catch {
      return ControlGroupRefusal(limit: limit, reason: "'\(path)/\(file)' cannot be set to \(text): \(error)")
    }
  }

  /// So many microseconds of each tenth of a second; the kernel takes no less than one millisecond.
  private static func share(_ processors: Double) -> String {
    let period = 100_000.0
    return "\(Int64(max(1000, min(1e12, processors * period)))) \(Int64(period))"
  }

  // MARK: Processes

  /// Kills everything in it with SIGKILL at once, however fast it multiplies. Does nothing if it is not there.
  package func kill() {
    mayHaveBeenKilled.store(true, ordering: .releasing)
    do {
      try ControlFile.write("1", to: "\(path)/cgroup.kill")
    } catch {
      guard error.errno == ENOENT else { return }
      // Before Linux 5.14: one by one, until no look finds another.
      var killed: Set<Int32> = []
      while true {
        let new = processes().filter { killed.insert($0).inserted }
        if new.isEmpty { return }
        for pid in new { kill(pid) }
      }
    }
  }

  private func kill(_ pid: Int32) {
    let pidfd = clinux_pidfd_open(pid)
    guard pidfd >= 0 else { return }
    // It is the one that was listed if it still is in the cgroup.
    if processes().contains(pid) { _ = clinux_pidfd_signal(pidfd, SIGKILL) }
    close(pidfd)
  }

  /// Whether anything lives in it, or in a cgroup below it.
  package var isPopulated: Bool {
    ControlFile.read("\(path)/cgroup.events").map { $0.withUnsafeBytes(Self.saysPopulated) } ?? false
  }

  /// What `cgroup.events` says.
  static func saysPopulated(_ text: UnsafeRawBufferPointer) -> Bool { text.number(after: "populated ") == 1 }

  /// The pids in it and in the cgroups below it.
  package func processes() -> [Int32] {
    var found: [Int32] = []
    var folders = [path]
    while let folder = folders.popLast() {
      found += ControlFile.processes(in: folder)
      folders += ControlFile.folders(in: folder).map { "\(folder)/\($0)" }
    }
    return found
  }

  /// How often the kernel has killed a process in it because memory had run out; nil if it does not count that here.
  package var oomKills: UInt64? {
    ControlFile.read("\(path)/memory.events").flatMap { $0.withUnsafeBytes { $0.number(after: "\noom_kill ") } }
  }
}
