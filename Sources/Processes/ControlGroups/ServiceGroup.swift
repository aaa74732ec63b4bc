// The cgroup of one service: the limits, and below it those for the runs.
//
//     service-NAME       the limits, for all below; no processes
//       main             the runs of the service; memory.oom.group
//       commands         memory.events of all commands
//         17             one run of a check or a hook
//
// So checks and hooks are under the limits of the service, but a run of the service ends without them. A command
// counts with the others in `commands`: the kernel keeps a cgroup with a controller of memory for as long as a
// page is charged to it, and there is one command for each check.
//
// A process that the kernel kills takes all others with it that share its memory, and `memory.oom.group` makes
// the kernel kill all processes of a cgroup, except none. Between clone and exec a child shares our memory: it
// must not be in such a cgroup, or below one. So the switch is on in `main` alone, where no command is ever
// born, and only while no main process is between clone and exec: it is turned on after exec, and before the
// next clone the cgroup is made anew. (A kill that has begun may still act on a switch that was turned off
// meanwhile, but not in a new cgroup.) Where the kernel chooses single victims, it leaves out such a child.

import Glibc
import Linux
import Synchronization

/// The cgroup of one service.
///
/// It is created at its first use, on the thread that needs it, and stays until `ControlGroups.remove`.
package final class ServiceGroup: Sendable {
  /// Its folder.
  package let path: String
  /// The limits that cannot be set on this machine, with reasons.
  private let refusals: [ControlGroupRefusal]
  private let state = Mutex(State())

  private enum Layout {
    /// It may be a predecessor's.
    case unknown
    /// The processes of a run of version 0.1.0 are in the cgroup itself. Then the kernel refuses controllers
    /// below it, and commands run outside, as they did.
    case flat
    case parted
  }

  private struct State {
    var limits = ControlGroupLimits()
    var layout = Layout.unknown
    /// Whether `main` must be made anew before a process is born in it: `memory.oom.group` was set, or it was
    /// killed, even by a predecessor. Since Linux 6.14 a process that is born into a cgroup
    /// (CLONE_INTO_CGROUP) is killed at once if that cgroup has been killed more often than its parent's own;
    /// a new one counts from 0.
    var isMainUsed = true
    /// The number of main processes between `open` and `mainEntered`.
    var entering = 0
  }

  init(path: String, refusals: [ControlGroupRefusal] = []) {
    self.path = path
    self.refusals = refusals
  }

  var mainPath: String { "\(path)/main" }
  var commandsPath: String { "\(path)/commands" }

  /// The cgroup of its own runs.
  package var main: ControlGroup { ControlGroup(.main, of: self) }

  /// The cgroup of a check or a hook.
  package func command(_ run: UInt64) -> ControlGroup { ControlGroup(.command(run), of: self) }

  /// The cgroup of a run that a predecessor started; nil if it is in none.
  func part(with leader: Int32?) -> ControlGroup? {
    let parts = [main, ControlGroup(.whole, of: self)]
    guard let leader else { return parts.first { !$0.processes().isEmpty } }
    return parts.first { $0.processes().contains(leader) }
  }

  // MARK: Contents

  /// Whether only our user and root can put processes into it, so that being in it proves something.
  var isOurs: Bool { ControlFile.isOurs(path) }

  /// The pids of its runs, and of each command.
  func processes() -> (own: [Int32], commands: [UInt64: [Int32]]) {
    let runs = ControlFile.folders(in: commandsPath).compactMap { UInt64($0) }
    let commands = runs.map { ($0, command($0).processes()) }
    return (ControlGroup(.whole, of: self).processes(), Dictionary(commands, uniquingKeysWith: { $0 + $1 }))
  }

  // MARK: Births

  func open(_ group: ControlGroup) throws(SystemError) -> Int32? {
    try state.withLock { state throws(SystemError) in
      look(&state)
      switch group.part {
      case .whole:
        return try Self.open(path)
      case .command:
        guard state.layout == .parted else { return nil }
        // A predecessor has counted from 1 as well.
        if try !make(group.path, below: [path, commandsPath], &state), ControlFile.remove(group.path) {
          _ = try make(group.path, below: [path, commandsPath], &state)
        }
        do throws(SystemError) {
          return try Self.open(group.path)
        } catch {
          // Nobody else will know of it.
          group.discard()
          throw error
        }
      case .main:
        if state.isMainUsed {
          state.isMainUsed = !ControlFile.remove(mainPath)
          if state.isMainUsed { try Self.turnOffOOMGroup(of: mainPath) }
        }
        if state.layout != .parted { try Self.turnOffOOMGroup(of: path) }
        _ = try make(mainPath, below: [path], &state)
        let opened = try Self.open(mainPath)
        state.entering += 1
        return opened
      }
    }
  }

  private static func open(_ path: String) throws(SystemError) -> Int32 {
    try system { Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
  }

  /// Makes a folder, with those above it that are missing. Returns whether it was missing.
  private func make(_ folder: String, below parents: [String], _ state: inout State) throws(SystemError) -> Bool {
    if mkdir(folder, 0o755) == 0 {
      if folder == path { _ = write(state.limits, over: ControlGroupLimits(), &state) }
      return true
    }
    if errno == EEXIST { return false }
    guard errno == ENOENT, let parent = parents.last else { throw .last }
    _ = try make(parent, below: parents.dropLast(), &state)
    try system { mkdir(folder, 0o755) }
    return true
  }

  /// Looks at what a predecessor left. An empty cgroup is removed: its limits and its counts are not ours.
  private func look(_ state: inout State) {
    guard state.layout != .parted else { return }
    if let text = ControlFile.read("\(path)/cgroup.procs") {
      state.layout = text.isEmpty ? .parted : .flat
      if text.isEmpty, !ControlFile.isPopulated(path) { ControlFile.remove(path) }
    } else if errno == ENOENT {
      state.layout = .parted
    }
  }

  func mainEntered() {
    state.withLock { state in
      state.entering -= 1
      if state.limits.memory != nil { _ = writeOOMGroup(&state) }
    }
  }

  func mainIsKilled() {
    state.withLock { $0.isMainUsed = true }
  }

  // MARK: Limits

  /// Sets its limits, at once and whenever it has to be created again. Returns the limits that are not in
  /// force, with reasons. Writes a few of the kernel's files; touches nothing where no limit is set or was
  /// set.
  package func set(_ wanted: ControlGroupLimits) -> [ControlGroupRefusal] {
    state.withLock { state in
      let before = state.limits
      if wanted == ControlGroupLimits(), before == wanted { return [] }
      look(&state)
      state.limits = wanted
      guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
        let error = SystemError.last
        return wanted.controllers.map { ControlGroupRefusal(limit: $0, reason: "the cgroup '\(path)' cannot be made: \(error)") }
      }
      return write(wanted, over: before, &state)
    }
  }

  private func write(_ wanted: ControlGroupLimits, over before: ControlGroupLimits, _ state: inout State) -> [ControlGroupRefusal] {
    var found: [ControlGroupRefusal] = []
    if wanted.memory != nil || before.memory != nil {
      let isParted = wanted.memory != nil && state.layout == .parted
      let group = (isParted ? set(.memory, "cgroup.subtree_control", "+memory") : nil) ?? writeOOMGroup(&state)
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

  /// All processes of a run or none: a service that lost one of its processes rarely works well.
  private func writeOOMGroup(_ state: inout State) -> ControlGroupRefusal? {
    let (isOn, isParted) = (state.limits.memory != nil, state.layout == .parted)
    // `mainEntered` comes here again.
    guard state.entering == 0, !isParted || access(mainPath, F_OK) == 0 else { return nil }
    if isOn { state.isMainUsed = true }
    return set(.memory, isParted ? "main/memory.oom.group" : "memory.oom.group", isOn ? "1" : "0")
  }

  /// For a cgroup that cannot be made anew.
  private static func turnOffOOMGroup(of folder: String) throws(SystemError) {
    do {
      try ControlFile.write("0", to: "\(folder)/memory.oom.group")
    } catch {
      if error.errno != ENOENT { throw error }
    }
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
}
