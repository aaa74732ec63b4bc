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
  /// The number of spawns between clone and registration: an unknown child may be one of these.
  private(set) var clones = 0
  /// The number of all clones that ever began.
  private(set) var clonesBegun: UInt64 = 0
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
  mutating func beginClone() {
    clones += 1
    clonesBegun += 1
  }

  mutating func finish(hasCloned: Bool) {
    underWay -= 1
    if hasCloned { clones -= 1 }
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
