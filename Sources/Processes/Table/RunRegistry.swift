// The runs that are known, and what waits to be done for them. All of it is touched under one lock, and only
// briefly.
//
// A pid, and the number of a process group or session, is reused only when no process has it any more, and
// a zombie still has it. So the first process of a run (its leader) is not reaped when it ends, but when
// nothing else of the run is left: as long as an entry stands here as `alive` or `ended`, its pid, group and
// session cannot be another's, and a signal to the group is safe. Reaping and signalling both happen under
// the lock.
//
// An adopted leader is not our child, and nobody keeps its zombie: its numbers are not used to signal it, but
// its pidfd, which stands for exactly this process and this group. The same goes for a main process that a
// run named in place of its leader.

import CLinux
import Glibc

/// The runs of one table.
struct RunRegistry {
  /// The first process of a run, whose pid is the number of its group and session; or the main process that a
  /// run named in its place.
  struct Leader {
    var identity: ProcessIdentity
    var pidfd: Int32
    var isAdopted = false
  }

  enum Phase {
    /// Queued or under way; these signals are sent when the process exists.
    case spawning(signals: [(Int32, SignalScope)])
    case alive(Leader)
    /// The leader ended. Its zombie is kept; without the zombie (it was no child of ours, or another part of
    /// the program waited for it) its numbers may have been reused.
    case ended(Leader, isKept: Bool)
    /// Adopted after its leader had ended. All of its processes began after `since`.
    case leaderless(since: UInt64)
  }

  struct Run {
    var phase: Phase
    /// Whether every process of it that is found is killed.
    var isKilled = false
    /// Whether we sent SIGKILL to its main process.
    var isMainKilled = false
    /// The run's live processes as of the last sweep, minus those whose exit was seen since.
    var members: Set<Int32> = []
    /// The main process, if that is not the leader.
    var main: Leader?
    /// Whether the exit of the main process was seen.
    var hasExited = false
    var origin = Origin()
  }

  /// The properties of a run from its start.
  struct Origin {
    /// The cgroup that is its own.
    var group: ControlGroup?
    /// The number of kills for lack of memory in the cgroup before.
    var oomKills: UInt64?
    /// The known processes of an adopted run.
    var anchors: [ProcessIdentity] = []
    /// The processes that get the orphans of an adopted run: not this one.
    var reapers: Set<Int32> = []
    var isAdopted = false
    /// Whether it has reported that it is ready, before its adoption.
    var isReady = false
  }

  /// The result of a job.
  enum JobResult {
    case spawned(RunKey, Leader, Origin, Channels)
    case failed(RunKey, SpawnError)
    /// Without a leader: all processes began after `since`.
    case adopted(RunKey, Leader?, since: UInt64, Origin, Channels)
  }

  /// A signal for the processes outside of the leader's group, or for all if the group itself could not be
  /// signalled.
  struct SignalRequest {
    var key: RunKey
    /// The signal, and what follows it.
    var signals: [Int32]
    var hasReachedGroup: Bool
  }

  private(set) var runs: [RunKey: Run] = [:]
  /// By pid: the run whose session has this number, and whose exit the watcher must see.
  private(set) var leaders: [Int32: RunKey] = [:]
  /// By number: sessions of leaders that are not kept, and their ends. A process that began later may belong
  /// to another session.
  private var formerSessions: [Int32: FormerSession] = [:]
  /// The run that owns each cgroup, by path.
  private var groupOwners: [String: RunKey] = [:]
  var queue = SpawnQueue()
  private var results: [JobResult] = []
  private var sweeps: [SignalRequest] = []
  var isStopped = false
  /// Leaders that lived when all runs were forgotten: they stay our children.
  private var abandoned: [Int32] = []
  /// The number of the table's running threads.
  var threads = 0

  // MARK: Spawning

  mutating func enqueue(_ job: SpawnQueue.Job, as key: RunKey) {
    precondition(runs[key] == nil, "the run \(key) is there already: a run's name is used once")
    runs[key] = Run(phase: .spawning(signals: []))
    queue.add(job, as: key)
  }

  /// The next job to do; nil if there is none. `finishSpawn` must follow.
  mutating func beginSpawn() -> (job: SpawnQueue.Job, key: RunKey)? {
    isStopped ? nil : queue.begin()
  }

  mutating func finishSpawn(_ result: JobResult, of key: RunKey) {
    queue.finish(key)
    switch result {
    case .spawned(let key, let leader, let origin, _):
      begin(key, .alive(leader), origin)
    case .adopted(let key, let leader, let since, let origin, _):
      begin(key, leader.map { .alive($0) } ?? .leaderless(since: since), origin)
    case .failed(let key, _):
      runs[key] = nil
    }
    results.append(result)
  }

  private mutating func begin(_ key: RunKey, _ phase: Phase, _ origin: Origin) {
    guard case .spawning(let signals) = runs[key]?.phase else { return }
    runs[key]?.phase = phase
    runs[key]?.origin = origin
    runs[key]?.members = Set(origin.anchors.map(\.pid))
    if let group = origin.group {
      // The first run in the cgroup owns it.
      if groupOwners[group.path] == nil { groupOwners[group.path] = key } else { runs[key]?.origin.group = nil }
    }
    if case .alive(let leader) = phase { leaders[leader.identity.pid] = key } else { runs[key]?.hasExited = true }
    for (signal, scope) in signals { self.signal(key, signal, scope) }
  }

  /// Kills children that have not executed their program yet, if their run is to be killed: the owner of the
  /// program could delay that without end. Returns whether all of them are there to be killed.
  func killChildren() -> Bool {
    var areThere = true
    for (key, child) in queue.children {
      guard case .spawning(let signals) = runs[key]?.phase, signals.contains(where: { $0.0 == SIGKILL }) else { continue }
      if !child.kill() { areThere = false }
    }
    return areThere
  }

  mutating func takeResults() -> [JobResult] {
    defer { results.removeAll() }
    return results
  }

  // MARK: Signals

  /// Signals the group at once; the rest of the run (what left the group) is found and signalled by the
  /// watcher.
  /// - Parameter wakes: Whether a stopped process is to act on it: it runs again.
  mutating func signal(_ key: RunKey, _ signal: Int32, _ scope: SignalScope, wakes: Bool = true) {
    guard let run = runs[key] else { return }
    let signals = wakes ? Self.withContinue(signal) : [signal]
    if case .spawning(let waiting) = run.phase {
      runs[key]?.phase = .spawning(signals: waiting + [(signal, scope)])
      return
    }
    if signal == SIGKILL { runs[key]?.isMainKilled = true }
    switch scope {
    case .leader:
      if let main = main(of: key) {
        for number in signals { _ = clinux_pidfd_signal(main.pidfd, number) }
        return
      }
      // Nobody knows yet which of its processes is the main one.
      if !run.hasExited { fallthrough }
    case .everything:
      if signal == SIGKILL { runs[key]?.isKilled = true }
      sweeps.append(SignalRequest(key: key, signals: signals, hasReachedGroup: Self.signalGroup(run.phase, signals)))
    }
  }

  /// Signals a leader's group, all of it and no other. False if that is not possible; then no process got the
  /// signal.
  private static func signalGroup(_ phase: Phase, _ signals: [Int32]) -> Bool {
    switch phase {
    case .alive(let leader) where !leader.isAdopted, .ended(let leader, isKept: true):
      for number in signals { _ = Glibc.kill(-leader.identity.pid, number) }
      return true
    case .alive(let leader), .ended(let leader, isKept: false):
      for number in signals {
        guard clinux_pidfd_signal_group(leader.pidfd, number) == 0 || errno == ESRCH else { return false }
      }
      return true
    case .spawning, .leaderless:
      return false
    }
  }

  mutating func takeSweeps() -> [SignalRequest] {
    defer { sweeps.removeAll() }
    return sweeps
  }

  /// A stopped process acts on a signal only when it runs again.
  static func withContinue(_ signal: Int32) -> [Int32] {
    switch signal {
    case 0, SIGKILL, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU: [signal]
    default: [signal, SIGCONT]
    }
  }

  // MARK: Ends

  /// The leader; nil while it is being spawned, and if it had ended before the adoption.
  func leader(of key: RunKey) -> (leader: Leader, isAlive: Bool, isKept: Bool)? {
    switch runs[key]?.phase {
    case .alive(let leader): (leader, true, !leader.isAdopted)
    case .ended(let leader, let isKept): (leader, false, isKept)
    case .spawning, .leaderless, nil: nil
    }
  }

  /// The main process, while it lives.
  func main(of key: RunKey) -> Leader? {
    guard let run = runs[key], !run.hasExited else { return nil }
    if let main = run.main { return main }
    if case .alive(let leader) = run.phase { return leader }
    return nil
  }

  /// Notes the end of the leader. Returns whether it was the main process.
  /// - Parameter isFork: Whether another process will be the main one.
  mutating func leaderEnded(_ key: RunKey, isKept: Bool, isFork: Bool = false) -> Bool {
    guard let run = runs[key], case .alive(let leader) = run.phase else { return false }
    runs[key]?.phase = .ended(leader, isKept: isKept)
    runs[key]?.members.remove(leader.identity.pid)
    if !isKept {
      // The pid may be reused from now on.
      leaders[leader.identity.pid] = nil
      formerSessions[leader.identity.pid] = FormerSession(key: key, end: BootClock.ticks())
    }
    guard run.main == nil, !run.hasExited else { return false }
    runs[key]?.hasExited = !isFork
    return true
  }

  /// Sets the main process; nil: the leader. Returns the descriptor of the former one, to be closed; nil if
  /// that was the leader.
  mutating func setMain(_ main: Leader?, of key: RunKey) -> Int32? {
    let before = runs[key]?.main
    if let before { leaders[before.identity.pid] = nil }
    runs[key]?.main = main
    if let main { leaders[main.identity.pid] = key }
    return before?.pidfd
  }

  /// Notes the end of a main process that is not the leader, or that there will be none.
  mutating func mainEnded(_ key: RunKey) {
    if let main = runs[key]?.main {
      leaders[main.identity.pid] = nil
      runs[key]?.members.remove(main.identity.pid)
    }
    runs[key]?.main = nil
    runs[key]?.hasExited = true
  }

  /// Expects another main process of a run that was adopted without one.
  mutating func expectMain(_ key: RunKey) { runs[key]?.hasExited = false }

  /// Whether both the leader and the main process have ended: then the run is over as soon as nothing else is
  /// left.
  func isOver(_ key: RunKey) -> Bool {
    guard let run = runs[key], run.main == nil else { return false }
    return switch run.phase {
    case .ended, .leaderless: true
    case .alive, .spawning: false
    }
  }

  /// Reaps the leader and forgets the run. Returns the descriptors to close; nil for an unknown run.
  mutating func remove(_ key: RunKey) -> [Int32]? {
    guard let run = runs[key] else { return nil }
    if let group = run.origin.group { groupOwners[group.path] = nil }
    if let main = run.main { leaders[main.identity.pid] = nil }
    let closed = release(key)
    if let (leader, _, isKept) = leader(of: key) {
      let pid = leader.identity.pid
      if isKept { leaders[pid] = nil } else if formerSessions[pid]?.key == key { formerSessions[pid] = nil }
    }
    runs[key] = nil
    return closed
  }

  /// Forgets all runs and releases their leaders: those that have ended are reaped, the others are
  /// `abandoned`.
  mutating func removeAll() {
    for (key, run) in runs {
      if case .alive(let leader) = run.phase { abandoned.append(leader.identity.pid) }
      for descriptor in release(key) { close(descriptor) }
    }
    for case .spawned(_, _, _, let channels) in results { channels.close() }
    for case .adopted(_, _, _, _, let channels) in results { channels.close() }
    results.removeAll()
    runs.removeAll()
    leaders.removeAll()
    formerSessions.removeAll()
    groupOwners.removeAll()
    queue.removeAll()
  }

  /// The abandoned leaders, once.
  mutating func takeAbandoned() -> [Int32] {
    defer { abandoned = [] }
    return abandoned
  }

  private func release(_ key: RunKey) -> [Int32] {
    let main = (runs[key]?.main).map { [$0.pidfd] } ?? []
    guard let (leader, _, isKept) = leader(of: key) else { return main }
    var exit = clinux_exit()
    if isKept { _ = clinux_wait_pidfd(leader.pidfd, 1, &exit) }
    return main + [leader.pidfd]
  }

  // MARK: Members

  /// The known live processes of a run.
  func members(of key: RunKey) -> Set<Int32> {
    guard let run = runs[key] else { return [] }
    var members = run.members
    if let main = run.main { members.insert(main.identity.pid) }
    if case .alive(let leader) = run.phase { members.insert(leader.identity.pid) }
    return members
  }

  /// Notes the result of a sweep.
  mutating func found(_ pids: [Int32], of key: RunKey) {
    runs[key]?.members = Set(pids)
  }

  mutating func memberEnded(_ pid: Int32, of key: RunKey) {
    runs[key]?.members.remove(pid)
  }

  /// The facts that a sweep needs to find these runs.
  func search(for keys: Set<RunKey>) -> Sweep.Search {
    var search = Sweep.Search(leaders: leaders, formerSessions: formerSessions)
    for key in keys {
      guard let run = runs[key] else { continue }
      switch run.phase {
      case .alive(let leader), .ended(let leader, _): search.starts[key] = leader.identity.startTime
      case .leaderless(let since): search.starts[key] = since
      case .spawning: continue
      }
      for anchor in run.origin.anchors { search.anchors[anchor] = key }
      search.reapers.formUnion(run.origin.reapers)
      search.groups[key] = run.origin.group
      if run.origin.isAdopted { search.hasAdopted = true }
    }
    return search
  }
}

/// A session whose leader is gone.
struct FormerSession {
  var key: RunKey
  /// When the leader ended, in clock ticks since boot.
  var end: UInt64
}
