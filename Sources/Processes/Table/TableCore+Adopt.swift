// Adopts a run of a predecessor.

import CLinux
import Glibc
import Linux
import Synchronization

extension TableCore {
  /// Adopts the processes of a run. Opens the pidfd first, then compares the start time: if the pid was
  /// reused, nothing is adopted.
  func adopt(_ adoption: RunAdoption, as key: RunKey, in proc: borrowing ProcReader) -> RunRegistry.JobResult {
    var leader: RunRegistry.Leader?
    var reapers: Set<Int32> = []
    if let identity = adoption.leader, let pidfd = hold(identity, of: key, proc) {
      leader = RunRegistry.Leader(identity: identity, pidfd: pidfd, isAdopted: true)
    }
    for identity in adoption.members + [adoption.leader].compactMap(\.self) {
      if let status = proc.status(of: identity.pid), status.startTime == identity.startTime { reapers.insert(status.parent) }
    }
    var channels = Channels()
    let user = adoption.hasSocket || adoption.pidFile != nil ? adoption.user.flatMap { try? Account(user: $0, group: nil) }?.user : nil
    if !adoption.isReady { channels.pidFile = adoption.pidFile.map { PIDFile(path: $0, user: user) } }
    if adoption.hasSocket {
      channels.hearsMainAlone = adoption.hearsMainAlone
      do {
        channels.socket = try notifications.socket(for: key.owner, user: user, address: leader.flatMap { address(of: $0.identity.pid) })
      } catch {
        channels.unheard = error
      }
    }
    var isReady = false
    if adoption.notify == .s6, !adoption.isReady, let leader {
      switch ReadinessPipe.find(in: leader.identity.pid) {
      case .pipe(let reading): channels.readiness = reading
      case .closed: isReady = true
      case .unknown: break
      }
    }
    let group = adoption.group?.part(with: leader?.identity.pid)
    let origin = RunRegistry.Origin(
      group: group, oomKills: group?.oomKills, anchors: adoption.members, reapers: reapers, isAdopted: true, isReady: isReady)
    let starts = (adoption.members.map(\.startTime) + [adoption.leader?.startTime].compactMap(\.self))
    return .adopted(key, leader, since: starts.min() ?? BootClock.ticks(), origin, channels)
  }

  /// The address of its notification socket in the environment of a process.
  private func address(of pid: Int32) -> String? {
    let prefix = Array("\(NotifySocket.variable)=".utf8)
    let environment = SmallFile.read("/proc/\(pid)/environ", bound: 8 << 20)
    let variable = environment?.split(separator: 0).first { $0.starts(with: prefix) }
    return variable.map { String(decoding: $0.dropFirst(prefix.count), as: UTF8.self) }
  }

  /// A pidfd of exactly this process, zombie or not; nil if it is gone. Waits while no descriptor is free: a
  /// process that cannot be looked at must not count as gone.
  private func hold(_ identity: ProcessIdentity, of key: RunKey, _ proc: borrowing ProcReader) -> Int32? {
    var isShort = false
    defer { if isShort { events([.unsettled(key, nil)]) } }
    while true {
      let error: SystemError
      let pidfd = clinux_pidfd_open(identity.pid)
      if pidfd >= 0 {
        if let now = proc.status(of: identity.pid) {
          if now.startTime == identity.startTime { return pidfd }
          close(pidfd)
          return nil
        }
        error = .last
        close(pidfd)
      } else {
        error = .last
      }
      guard ProcReader.isWant(error.errno) else { return nil }
      if !isShort { events([.unsettled(key, error)]) }
      isShort = true
      if registry.withLock({ $0.isStopped }) { return nil }
      usleep(100_000)
    }
  }
}
