// The queue of spawns, and the number of threads for it.

/// The jobs of the spawners, in order.
struct SpawnQueue {
  /// A job of a spawner.
  enum Job {
    case spawn(SpawnRequest)
    case adopt(RunAdoption)
  }

  private var jobs: [(job: Job, key: RunKey)] = []
  private var start = 0
  /// The time since which the next job waits.
  private var waiting: SuspendingClock.Instant?
  /// The number of jobs under way.
  private var underWay = 0
  /// The spawns between clone and registration.
  private(set) var children: [RunKey: SpawnChild] = [:]
  /// The number of changes of `children`.
  private(set) var changes: UInt64 = 0
  /// The number of spawner threads, including those that hang.
  private(set) var spawners = 0

  /// The number of spawners as long as none hangs.
  static let usualSpawners = 2
  /// A job that waits longer shows that all spawners hang, for example on a disk that does not answer.
  static let patience = Duration.seconds(1)
  private static let spawnerBound = 64

  var isEmpty: Bool { start == jobs.count }

  mutating func add(_ job: Job, as key: RunKey) {
    if isEmpty { waiting = .now }
    jobs.append((job, key))
  }

  /// The next job; nil if there is none. `finish` must follow.
  mutating func begin() -> (job: Job, key: RunKey)? {
    guard !isEmpty else { return nil }
    let next = jobs[start]
    start += 1
    if isEmpty { removeAll() } else { waiting = .now }
    underWay += 1
    return next
  }

  /// Notes that a job has all that a spawn needs, and that its child is being made.
  mutating func beginClone(_ child: SpawnChild, as key: RunKey) {
    children[key] = child
    changes += 1
  }

  mutating func finish(_ key: RunKey) {
    underWay -= 1
    if children.removeValue(forKey: key) != nil { changes += 1 }
  }

  /// The pids of children that are not registered yet; nil while one of them is not known: any unknown child
  /// may be that.
  var pids: Set<Int32>? {
    var pids: Set<Int32> = []
    for child in children.values {
      guard let pid = child.pid else { return nil }
      pids.insert(pid)
    }
    return pids
  }

  mutating func removeAll() {
    jobs = []
    start = 0
    waiting = nil
  }

  // MARK: Spawners

  mutating func spawnerStarted() { spawners += 1 }
  mutating func spawnerEnded() { spawners -= 1 }

  /// Whether all spawners hang, so that another one must be started. The caller does so, with a
  /// `spawnerStarted`, before the next call.
  mutating func needsSpawner() -> Bool {
    guard let since = waiting, since + Self.patience <= .now, spawners < Self.spawnerBound else { return false }
    waiting = .now
    return true
  }

  /// Whether a spawner that has just finished is one too many: others replaced it while it hung.
  var hasSpawnersToSpare: Bool { isEmpty && spawners - underWay > Self.usualSpawners }
}
