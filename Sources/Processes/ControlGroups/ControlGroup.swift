// A cgroup that contains the processes of one run.

import CLinux
import Glibc
import Linux

/// One of the cgroups of a service: it contains the processes of one run and all their descendants.
package struct ControlGroup: Sendable {
  /// The runs that it is for.
  enum Part: Hashable, Sendable {
    /// Runs of the service itself, one after another.
    case main
    /// One run of a command that belongs to the service: of a check or a hook.
    case command(UInt64)
    /// A run that a Stoker of version 0.1.0 started: its processes are in the service's cgroup itself.
    case whole
  }

  let service: ServiceGroup
  let part: Part
  /// Its folder.
  package let path: String

  init(_ part: Part, of service: ServiceGroup) {
    self.service = service
    self.part = part
    path =
      switch part {
      case .main: service.mainPath
      case .command(let run): "\(service.commandsPath)/\(run)"
      case .whole: service.path
      }
  }

  /// Opens its folder, for a process to be born in it; `entered` must follow. Creates it, if it does not
  /// exist. Nil if it is for a command, and there is no place for commands in the service's cgroup.
  func open() throws(SystemError) -> Int32? { try service.open(self) }

  /// Notes that the program of the process that was to be born in it runs, or that there is none.
  func entered() {
    if part == .main { service.mainEntered() }
  }

  /// Removes it if it was for one run, which is over.
  func discard() {
    if case .command = part { ControlFile.remove(path) }
  }

  /// Kills all its processes with SIGKILL at once, however fast they multiply. Does nothing if it does not
  /// exist.
  package func kill() {
    if part == .main { service.mainIsKilled() }
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

  /// Whether it, or a cgroup below it, has processes.
  package var isPopulated: Bool { ControlFile.isPopulated(path) }

  /// The `populated` flag in the text of `cgroup.events`.
  static func saysPopulated(_ text: UnsafeRawBufferPointer) -> Bool { text.number(after: "populated ") == 1 }

  /// The pids in it and in the cgroups below it; those of commands are not the service's.
  package func processes() -> [Int32] { ControlFile.allProcesses(in: path, without: service.commandsPath) }

  /// The number of its processes that the kernel has killed for lack of memory; nil if the kernel does not
  /// count that here. Without a count of its own, that of the whole service.
  package var oomKills: UInt64? {
    let folders =
      switch part {
      case .main: [path, service.path]
      case .command: [service.commandsPath]
      case .whole: [path]
      }
    for folder in folders {
      if let text = ControlFile.read("\(folder)/memory.events") { return text.withUnsafeBytes { $0.number(after: "\noom_kill ") } }
    }
    return nil
  }
}
