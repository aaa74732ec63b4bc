// Finds and stops the processes that a killed Stoker left behind (rule 26): a service never runs twice.

import CLinux
import Glibc
import Linux

/// Processes of a dead Stoker.
package enum Leftovers {
  /// The time that a process gets to end after SIGKILL.
  package static let grace = Duration.seconds(5)

  /// Finds the live processes of its runs: those in the records (pid, start time and boot must match),
  /// everything in the session of such a process, everything in the cgroups of `groups`, because a record may
  /// be missing, every process with one of `marks` in its environment, and the descendants of all of these.
  /// Never this process or its ancestors. Reads all of /proc.
  package static func find(marks: RunMarks, records: [RunningRecord], groups: ControlGroups? = nil) -> [LeftRun] {
    find(MarkReader(marks), records, groups)
  }

  private static func find(_ reader: MarkReader, _ records: [RunningRecord], _ groups: ControlGroups?) -> [LeftRun] {
    guard let proc = try? ProcReader() else { return [] }
    let boot = bootID()
    let search = LeftoverSearch(
      reader: reader, records: records.filter { $0.bootID == boot }, tree: ProcessTree(proc.processes()), groups: groups)
    return search.runs(proc)
  }

  /// Stops them: `signal` (and SIGCONT), after `timeout` SIGKILL, and 5 s more. Returns those that still
  /// live.
  package static func stop(
    _ leftovers: [Leftover], signal: Int32 = SIGTERM, timeout: Duration, grace: Duration = grace
  ) async -> [Leftover] {
    await blocking { stopAndWait(leftovers, signal, timeout, grace) } ?? leftovers
  }

  /// The most rounds of `clear`.
  private static let rounds = 5

  /// Finds and stops until nothing more is found, since a process may have started others before it stopped: in
  /// a few rounds, and for 10 s more than `timeout` at most, however fast they multiply. Returns the runs that
  /// still have processes, with these.
  ///
  /// - Parameter isUnwanted: whether a run is to be stopped; all of them by default.
  package static func clear(
    marks: RunMarks, records: [RunningRecord], groups: ControlGroups? = nil, signal: Int32 = SIGTERM, timeout: Duration,
    where isUnwanted: (LeftRun) -> Bool = { _ in true }
  ) async -> [LeftRun] {
    let end = SuspendingClock.now + timeout + .seconds(10)
    let reader = MarkReader(marks)
    var survivors: Set<ProcessIdentity> = []
    for _ in 0..<rounds {
      let found = find(reader, records, groups).filter(isUnwanted)
      let new = found.flatMap(\.processes).filter { !survivors.contains($0.identity) }
      if new.isEmpty { return found }
      let rest = max(.zero, end - SuspendingClock.now)
      survivors.formUnion(await stop(new, signal: signal, timeout: min(timeout, rest), grace: min(grace, rest)).map(\.identity))
    }
    return find(reader, records, groups).filter(isUnwanted)
  }

  /// Runs `body` on a thread of its own; nil if none can be started.
  private static func blocking<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result? {
    await withCheckedContinuation { reply in
      do {
        _ = try NativeThread("stoker-leftover", isDetached: true) { reply.resume(returning: body()) }
      } catch {
        reply.resume(returning: nil)
      }
    }
  }

  private static func stopAndWait(_ leftovers: [Leftover], _ signal: Int32, _ timeout: Duration, _ grace: Duration) -> [Leftover] {
    guard let proc = try? ProcReader() else { return leftovers }
    var watched: [Watched] = []
    var unwatched: [Leftover] = []
    for leftover in leftovers {
      let pidfd = clinux_pidfd_open(leftover.identity.pid)
      if pidfd < 0 {
        // ESRCH: the process is gone. Other errors: no descriptor is free.
        if errno != ESRCH, errno != EINVAL { unwatched.append(leftover) }
      } else if let now = proc.status(of: leftover.identity.pid), now.startTime == leftover.identity.startTime, !now.isZombie {
        watched.append(Watched(leftover: leftover, pidfd: pidfd))
      } else {
        close(pidfd)  // the pid has been reused
      }
    }
    defer { for one in watched { close(one.pidfd) } }
    send(RunRegistry.withContinue(signal), to: watched)
    wait(for: &watched, timeout)
    send([SIGKILL], to: watched)
    wait(for: &watched, grace)
    return unwatched + watched.map(\.leftover)
  }

  private struct Watched {
    var leftover: Leftover
    var pidfd: Int32
  }

  private static func send(_ signals: [Int32], to watched: [Watched]) {
    for one in watched {
      for signal in signals { _ = clinux_pidfd_signal(one.pidfd, signal) }
    }
  }

  /// Waits until all have ended or the time is over; keeps those that live.
  private static func wait(for watched: inout [Watched], _ timeout: Duration) {
    let clock = SuspendingClock()
    let deadline = clock.now + timeout
    while !watched.isEmpty {
      var entries = watched.map { pollfd(fd: $0.pidfd, events: Int16(POLLIN), revents: 0) }
      let left = (deadline - clock.now).components
      let milliseconds = max(0, left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000 + 1)
      let count = poll(&entries, nfds_t(entries.count), Int32(clamping: clock.now < deadline ? milliseconds : 0))
      if count < 0, errno == EINTR { continue }
      if count <= 0 { return }
      for (index, entry) in entries.enumerated() where entry.revents != 0 { close(watched[index].pidfd) }
      watched = zip(watched, entries).filter { $0.1.revents == 0 }.map(\.0)
    }
  }
}
