// The cgroup of one service.

import CLinux
import Glibc
import Linux
import Synchronization

/// A cgroup that contains the processes of one service and all their descendants.
///
/// It is created at its first use, on the thread that needs it, and stays until `ControlGroups.remove`.
package final class ControlGroup: Sendable {
  /// Its folder.
  package let path: String
  /// The limits that cannot be set on this machine, with reasons.
  private let refusals: [ControlGroupRefusal]
  private let limits = Mutex(ControlGroupLimits())
  /// Whether it may ever have been killed, even by a predecessor. Since Linux 6.14 a process that is born
  /// into a cgroup (CLONE_INTO_CGROUP) is killed at once if that cgroup has been killed more often than its
  /// parent's own. So such a folder is replaced: a new one counts from 0.
  private let mayHaveBeenKilled = Atomic<Bool>(true)

  init(path: String, refusals: [ControlGroupRefusal] = []) {
    self.path = path
    self.refusals = refusals
  }

  /// Opens its folder, for a process to be born in it. Creates it, if it does not exist.
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

  /// Sets its limits, at once and whenever it has to be created again. Returns the limits that are not in
  /// force, with reasons. Writes a few of the kernel's files; touches nothing where no limit is set or was
  /// set.
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
      // All processes or none: a service that lost one of its processes rarely works well.
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

  /// Microseconds of each tenth of a second; the kernel accepts no less than one millisecond.
  private static func share(_ processors: Double) -> String {
    let period = 100_000.0
    return "\(Int64(max(1000, min(1e12, processors * period)))) \(Int64(period))"
  }

  // MARK: Processes

  /// Kills all its processes with SIGKILL at once, however fast they multiply. Does nothing if it does not
  /// exist.
  package func kill() {
    mayHaveBeenKilled.store(true, ordering: .releasing)
    do {
      try ControlFile.write("1", to: "\(path)/cgroup.kill")
    } catch {
      guard error.errno == ENOENT else { return }
      // Before Linux 5.14: one by one, until a reading finds no other process.
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
    // The pid belongs to the listed process if that still is in the cgroup.
    if processes().contains(pid) { _ = clinux_pidfd_signal(pidfd, SIGKILL) }
    close(pidfd)
  }

  /// Whether only our user and root can put processes into it, so that being in it proves something.
  var isOurs: Bool { ControlFile.isOurs(path) }

  /// Whether it, or a cgroup below it, has processes.
  package var isPopulated: Bool {
    ControlFile.read("\(path)/cgroup.events").map { $0.withUnsafeBytes(Self.saysPopulated) } ?? false
  }

  /// The `populated` flag in the text of `cgroup.events`.
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

  /// The number of processes in it that the kernel has killed for lack of memory; nil if the kernel does not
  /// count that here.
  package var oomKills: UInt64? {
    ControlFile.read("\(path)/memory.events").flatMap { $0.withUnsafeBytes { $0.number(after: "\noom_kill ") } }
  }
}
