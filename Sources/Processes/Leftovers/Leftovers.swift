// Finds and stops what a killed Stoker left behind (rule 26): there are never two of one.

import CLinux
import Glibc

/// Processes of a dead Stoker.
public enum Leftovers {
  /// How long after SIGKILL a process is waited for.
  static let grace = Duration.seconds(5)

  /// Finds them: what the records say (pid, start time and boot id must be right), all in the session of such a process, and,
  /// because a record may not have been written in time, whatever bears `mark` in its environment.
  /// Never this process or its ancestors. Reads all of /proc.
  public static func find(mark: String, records: [RunningRecord]) -> [Leftover] {
    guard let proc = try? ProcReader() else { return [] }
    let tree = ProcessTree(proc.processes())
    let spared = Set(tree.lineage(of: getpid()).map(\.pid)).union([getpid(), 1])
    let boot = bootID()
    let recorded = records.filter { $0.bootID == boot && tree[$0.pid]?.startTime == $0.startTime }
    // The number of a session is only as good as the leader that proves it.
    let leaders = Dictionary(recorded.map { ($0.pid, $0) }, uniquingKeysWith: { first, _ in first })
    let names = Dictionary(records.map { (RecordKey($0), $0.name) }, uniquingKeysWith: { first, _ in first })

    return tree.processes.compactMap { process -> Leftover? in
      guard !spared.contains(process.pid), !process.isZombie else { return nil }
      if let record = leaders[process.pid] {
        return Leftover(name: record.name, run: record.run, identity: process.identity, proof: .record)
      }
      if let record = leaders[process.session] {
        return Leftover(name: record.name, run: record.run, identity: process.identity, proof: .session)
      }
      guard let key = proc.run(of: process.pid, mark: mark) else { return nil }
      // The session is the run's, so its number and the run's name the record, even of a leader that is gone.
      let name = names[RecordKey(run: key.run, pid: process.session)] ?? "service \(key.owner)"
      return Leftover(name: name, run: key.run, identity: process.identity, proof: .environment)
    }.sorted { $0.identity.pid < $1.identity.pid }
  }

  private struct RecordKey: Hashable {
    var run: UInt64
    var pid: Int32

    init(run: UInt64, pid: Int32) {
      self.run = run
      self.pid = pid
    }

    init(_ record: RunningRecord) {
      self.init(run: record.run, pid: record.pid)
    }
  }

  /// Stops them: `signal` (and SIGCONT), after `timeout` SIGKILL, and 5 s more. Returns those that are still there.
  public static func stop(_ leftovers: [Leftover], signal: Int32 = SIGTERM, timeout: Duration) async -> [Leftover] {
    await blocking { stopAndWait(leftovers, signal, timeout) } ?? leftovers
  }

  /// Finds and stops until nothing more is found, since what is stopped may have started something meanwhile. Returns what survived.
  public static func clear(mark: String, records: [RunningRecord], signal: Int32 = SIGTERM, timeout: Duration) async -> [Leftover] {
    var found = find(mark: mark, records: records)
    while !found.isEmpty {
      let survivors = await stop(found, signal: signal, timeout: timeout)
      if !survivors.isEmpty { return survivors }
      found = find(mark: mark, records: records)
    }
    return []
  }

  /// Runs `body` on a thread of its own; nil if there is none to be had.
  private static func blocking<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result? {
    await withCheckedContinuation { reply in
      do {
        _ = try NativeThread("stoker-leftover", isDetached: true) { reply.resume(returning: body()) }
      } catch {
        reply.resume(returning: nil)
      }
    }
  }

  private static func stopAndWait(_ leftovers: [Leftover], _ signal: Int32, _ timeout: Duration) -> [Leftover] {
    guard let proc = try? ProcReader() else { return leftovers }
    var watched: [Watched] = []
    var unwatched: [Leftover] = []
    for leftover in leftovers {
      let pidfd = clinux_pidfd_open(leftover.identity.pid)
      if pidfd < 0 {
        // Gone, unless there is no descriptor to be had.
        if errno != ESRCH, errno != EINVAL { unwatched.append(leftover) }
      } else if let now = proc.status(of: leftover.identity.pid), now.startTime == leftover.identity.startTime, !now.isZombie {
        watched.append(Watched(leftover: leftover, pidfd: pidfd))
      } else {
        close(pidfd)  // the pid is another's by now
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

  /// Waits until all have ended or the time is over; keeps those that have not.
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
