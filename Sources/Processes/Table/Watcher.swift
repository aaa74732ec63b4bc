// The table's own thread: waits on pidfds, reports exits, and follows the rest of each run until nothing is
// left.

import CLinux
import Glibc
import Linux
import Orchestration
import Synchronization

/// The watcher of a table, used by its thread alone.
///
/// When the leader of a run has ended (and the main process that replaced it, if there is one), the run is
/// `pending`: the watcher has to find out whether anything of it is left. A cgroup of its own answers that,
/// and reports changes. Otherwise, as a subreaper, the list of our children answers it, since every process
/// that outlives its parent becomes our child; otherwise one walk of /proc answers for all pending runs.
/// Processes that are found are watched by pidfd, and when the last of them has ended, the run is pending
/// again.
struct Watcher: ~Copyable {
  enum Watch {
    case leader(RunKey)
    /// The main process that replaced the leader.
    case main(RunKey)
    case member(RunKey, pid: Int32)
    case socket(RunKey)
    case readiness(RunKey)
    /// Whether the cgroup has processes.
    case group(RunKey)
  }

  let core: TableCore
  let poller: Poller
  let proc: ProcReader
  var children: OwnChildren
  var sweep: Sweep
  var outOfMemory = OutOfMemory()
  /// Readable when a child has ended; -1 if we are no subreaper, and then only leaders are reaped.
  let childEvents: Int32

  var watches: [Int32: Watch] = [:]
  /// The watched processes of each run whose leader ended: pid to pidfd.
  var members: [RunKey: [Int32: Int32]] = [:]
  /// `cgroup.events` of the cgroup of each run that is `pending` or followed.
  var groupEvents: [RunKey: Int32] = [:]
  var channels: [RunKey: Channels] = [:]
  /// The runs whose sockets are not watched now, since they sent too much.
  var resting: Set<RunKey> = []
  var pending: Set<RunKey> = []
  /// The runs whose first process has ended, and whose main process is not known yet.
  var forks: [RunKey: Fork] = [:]
  /// Signals that still have to reach processes outside of their group.
  var signals: [RunRegistry.SignalRequest] = []
  /// The runs of our adopted children. Kept from the first look, when their descent could still be seen.
  var orphans: [Int32: RunKey?] = [:]
  var haveChildrenEnded = false
  /// Whether a process could not be read or watched (no descriptor was free): look again soon.
  var mustLookAgain = false
  /// The lack of descriptors that was the reason in this round.
  var shortage: SystemError?
  /// The runs of which nobody knows what is left, for that reason.
  private var unsettled: Set<RunKey> = []
  /// Whether the child of a spawn has to be killed as soon as it is there.
  private var mustKillAgain = false
  var news: [ProcessEvent] = []
  /// Descriptors that are closed at the end of a round: a number that is reused within the round would be
  /// mistaken for the old one.
  var closing: [Int32] = []

  var isSubreaper: Bool { childEvents >= 0 }

  init(_ core: TableCore) throws(SystemError) {
    let proc = try ProcReader()
    let children = try OwnChildren()
    let poller = try Poller()
    let childEvents = clinux_child_events()
    try poller.add(core.wakeup.descriptor)
    if childEvents >= 0 { try poller.add(childEvents) }
    self.core = core
    self.childEvents = childEvents
    self.poller = poller
    sweep = Sweep(marks: core.marks, isSubreaper: childEvents >= 0, in: proc)
    self.proc = proc
    self.children = children
  }

  private var isSpawnWaiting: Bool { core.registry.withLock { !$0.queue.isEmpty } }

  mutating func run() {
    var ready: [Int32] = []
    while true {
      let isShort = mustKillAgain || !resting.isEmpty
      let pause = mustLookAgain ? 20 : !forks.isEmpty ? Self.forkPause : isShort ? 100 : isSpawnWaiting ? 1000 : -1
      poller.wait(into: &ready, milliseconds: Int32(pause))
      if !resting.isEmpty { endRests() }
      core.relieveSpawners()
      if mustLookAgain {
        mustLookAgain = false
        haveChildrenEnded = isSubreaper
        pending.formUnion(members.keys)
      }
      for descriptor in ready { handle(descriptor) }
      if core.registry.withLock({ $0.isStopped }) { break }
      mustKillAgain = !core.registry.withLock { $0.killChildren() }
      takeResults()
      findMains()
      settle()
      tellUnsettled()
      for descriptor in closing { close(descriptor) }
      closing.removeAll(keepingCapacity: true)
      if !news.isEmpty {
        core.events(news)
        news.removeAll(keepingCapacity: true)
      }
    }
    stop()
  }

  /// Looks again soon, since of this something could not be read or watched.
  mutating func lookAgain(_ error: SystemError) {
    mustLookAgain = true
    if error.isDescriptorShortage { shortage = error }
  }

  /// Reports the runs of which nobody knows what is left, and those of which it is known again.
  private mutating func tellUnsettled() {
    guard shortage != nil || !unsettled.isEmpty else { return }
    let now = shortage == nil ? [] : pending.union(members.lazy.filter(\.value.isEmpty).map(\.key))
    for key in now.subtracting(unsettled) { news.append(.unsettled(key, shortage)) }
    for key in unsettled.subtracting(now) { news.append(.unsettled(key, nil)) }
    unsettled = now
    shortage = nil
  }

  private mutating func handle(_ descriptor: Int32) {
    if descriptor == core.wakeup.descriptor {
      core.wakeup.wait()
    } else if descriptor == childEvents {
      clinux_eventfd_take(childEvents)
      haveChildrenEnded = true
    } else {
      switch watches[descriptor] {
      case .leader(let key): leaderEnded(key, descriptor)
      case .main(let key): mainEnded(key, descriptor)
      case .member(let key, let pid):
        unwatch(descriptor)
        closing.append(descriptor)
        members[key]?[pid] = nil
        core.registry.withLock { $0.memberEnded(pid, of: key) }
        if members[key]?.isEmpty == true { pending.insert(key) }
      case .socket(let key): hear(key, descriptor)
      case .readiness(let key): receiveReadiness(key)
      case .group(let key): pending.insert(key)
      case nil: break
      }
    }
  }

  private mutating func takeResults() {
    for result in core.registry.withLock({ $0.takeResults() }) {
      switch result {
      case .failed(let key, let error):
        news.append(.spawnFailed(key, error))
      case .spawned(let key, let leader, _, let channels):
        news.append(.spawned(key, leader.identity))
        listen(to: channels, of: key)
        watch(leader, of: key)
      case .adopted(let key, let leader, _, let origin, let channels):
        if let leader { news.append(.adopted(key, leader.identity)) }
        listen(to: channels, of: key)
        if let error = channels.unheard { news.append(.unheard(key, error)) }
        if origin.isReady { news.append(.notified(key, .ready)) }
        if let leader {
          watch(leader, of: key)
        } else if channels.pidFile != nil {
          core.registry.withLock { $0.expectMain(key) }
          awaitMain(of: key, .unknown, ResourceUsage())
          if forks[key] != nil { pending.insert(key) }
        } else {
          reportExit(of: key, .unknown, ResourceUsage())
          pending.insert(key)
        }
      }
    }
  }

  private mutating func watch(_ leader: RunRegistry.Leader, of key: RunKey) {
    watches[leader.pidfd] = .leader(key)
    do {
      try poller.add(leader.pidfd)
    } catch {
      // The kernel's bound on watches is reached: a process that cannot be watched must not run.
      abandon(key, leader)
    }
  }

  private mutating func abandon(_ key: RunKey, _ leader: RunRegistry.Leader) {
    core.registry.withLock { $0.signal(key, SIGKILL, .everything) }
    var entry = pollfd(fd: leader.pidfd, events: Int16(POLLIN), revents: 0)
    _ = uninterrupted { poll(&entry, 1, -1) }
    leaderEnded(key, leader.pidfd)
  }

  mutating func unwatch(_ descriptor: Int32) {
    poller.remove(descriptor)
    watches[descriptor] = nil
  }

  /// Kills nothing; only releases the members. The leaders are released when the table's last thread ends.
  private mutating func stop() {
    for (descriptor, watch) in watches {
      switch watch {
      case .member, .socket, .readiness, .group: close(descriptor)
      case .leader, .main: break
      }
    }
    for descriptor in closing { close(descriptor) }
  }
}
