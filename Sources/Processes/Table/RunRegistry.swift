// The runs that are known, and what waits to be done for them. All of it is touched under one lock, and only briefly.
//
// A pid, and the number of a process group or session, is used anew only when no process has it any more, and a zombie still has it.
// So the first process of a run (its leader) is not reaped when it ends, but when nothing else of the run is left: as long as an entry
// stands here as `alive` or `ended`, its pid, group and session can be nobody else's, and a signal to the group is safe. Reaping
// and signalling both happen under the lock.

import CLinux
import Glibc

/// The runs of one table.
struct RunRegistry {
  /// The first process of a run. Its group and session have its pid for a number.
  struct Leader {
    var identity: ProcessIdentity
    var pidfd: Int32
  }

  enum Phase {
    /// Queued or under way; these signals are for it when it is there.
    case spawning(signals: [Int32])
    case alive(Leader)
    /// The leader ended. Its zombie is kept; without it (somebody else waited for it) the numbers may be others' by now.
    case ended(Leader, isKept: Bool)
  }

  struct Run {
    var phase: Phase
    /// Whatever is found of it is killed.
    var isKilled = false
    /// What lived of it when it was last looked for, without what was seen to end since.
    var members: Set<Int32> = []
  }

  /// A spawn that is over.
  enum Outcome {
    case spawned(RunKey, Leader)
    case failed(RunKey, SpawnError)
  }

  private(set) var runs: [RunKey: Run] = [:]
  /// By pid.
  private(set) var leaders: [Int32: RunKey] = [:]
  private var queue: [(request: SpawnRequest, key: RunKey)] = []
  private var queueStart = 0
  /// Spawns between clone and registration: a child that nobody knows may be one of these.
  private(set) var spawnsInFlight = 0
  /// All that ever began.
  private(set) var spawnsBegun: UInt64 = 0
  private var outcomes: [Outcome] = []
  private var sweeps: [(key: RunKey, signal: Int32)] = []
  var isStopped = false
  /// Threads of the table that run.
  var threads = 0

  // MARK: Spawning

  mutating func enqueue(_ request: SpawnRequest, as key: RunKey) {
    precondition(runs[key] == nil, "the run \(key) is there already: a run's name is used once")
    runs[key] = Run(phase: .spawning(signals: []))
    queue.append((request, key))
  }

  /// The next spawn to do; nil if there is none. `finish` must follow.
  mutating func beginSpawn() -> (request: SpawnRequest, key: RunKey)? {
    guard !isStopped, queueStart < queue.count else { return nil }
    let next = queue[queueStart]
    queueStart += 1
    if queueStart == queue.count {
      queue.removeAll(keepingCapacity: true)
      queueStart = 0
    }
    spawnsInFlight += 1
    spawnsBegun += 1
    return next
  }

  mutating func finishSpawn(_ outcome: Outcome) {
    spawnsInFlight -= 1
    switch outcome {
    case .spawned(let key, let leader):
      guard let run = runs[key], case .spawning(let signals) = run.phase else { break }
      runs[key]?.phase = .alive(leader)
      leaders[leader.identity.pid] = key
      for signal in signals { self.signal(key, signal) }
    case .failed(let key, _):
      runs[key] = nil
    }
    outcomes.append(outcome)
  }

  mutating func takeOutcomes() -> [Outcome] {
    defer { outcomes.removeAll() }
    return outcomes
  }

  // MARK: Signals

  /// Signals the group at once; the rest of the run (what left the group) is found and signalled by the watcher.
  mutating func signal(_ key: RunKey, _ signal: Int32) {
    guard let run = runs[key] else { return }
    switch run.phase {
    case .spawning(let signals):
      runs[key]?.phase = .spawning(signals: signals + [signal])
      return
    case .alive(let leader), .ended(let leader, isKept: true):
      for number in Self.withContinue(signal) { _ = Glibc.kill(-leader.identity.pid, number) }
    case .ended(_, isKept: false):
      break
    }
    if signal == SIGKILL { runs[key]?.isKilled = true }
    sweeps.append((key, signal))
  }

  mutating func takeSweeps() -> [(key: RunKey, signal: Int32)] {
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

  /// The leader; nil while it is being spawned.
  func leader(of key: RunKey) -> (leader: Leader, isAlive: Bool, isKept: Bool)? {
    switch runs[key]?.phase {
    case .alive(let leader): (leader, true, true)
    case .ended(let leader, let isKept): (leader, false, isKept)
    case .spawning, nil: nil
    }
  }

  mutating func leaderEnded(_ key: RunKey, isKept: Bool) {
    guard case .alive(let leader) = runs[key]?.phase else { return }
    runs[key]?.phase = .ended(leader, isKept: isKept)
    runs[key]?.members.remove(leader.identity.pid)
    // The pid is no longer ours to know.
    if !isKept { leaders[leader.identity.pid] = nil }
  }

  /// Reaps the leader and forgets the run. Returns the descriptor to close.
  mutating func remove(_ key: RunKey) -> Int32? {
    guard let (leader, _, isKept) = leader(of: key) else { return nil }
    var exit = clinux_exit()
    if isKept {
      _ = clinux_wait_pidfd(leader.pidfd, 1, &exit)
      leaders[leader.identity.pid] = nil
    }
    runs[key] = nil
    return leader.pidfd
  }

  /// Forgets all runs and lets go of their leaders: those that have ended are reaped, the others stay our children.
  mutating func removeAll() {
    for key in Array(runs.keys) {
      if let (leader, _, isKept) = leader(of: key) {
        var exit = clinux_exit()
        if isKept { _ = clinux_wait_pidfd(leader.pidfd, 1, &exit) }
        close(leader.pidfd)
      }
    }
    runs.removeAll()
    leaders.removeAll()
    queue.removeAll()
    queueStart = 0
  }

  // MARK: Members

  /// What is known to live of a run.
  func members(of key: RunKey) -> Set<Int32> {
    guard let run = runs[key] else { return [] }
    return switch run.phase {
    case .alive(let leader): run.members.union([leader.identity.pid])
    case .ended: run.members
    case .spawning: []
    }
  }

  /// It was looked for, and this was found.
  mutating func found(_ pids: [Int32], of key: RunKey) {
    runs[key]?.members = Set(pids)
  }

  mutating func memberEnded(_ pid: Int32, of key: RunKey) {
    runs[key]?.members.remove(pid)
  }
}
