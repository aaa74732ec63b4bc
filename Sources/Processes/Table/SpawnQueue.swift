// What waits to be spawned, and how many threads are there for it.

/// The jobs of the spawners, in order.
struct SpawnQueue {
  /// A job of a spawner.
  enum Job {
    case spawn(SpawnRequest)
    case adopt(RunAdoption)
  }

  private var jobs: [(job: Job, key: RunKey)] = []
  private var start = 0
  /// Since when the next one waits.
  private var waiting: SuspendingClock.Instant?
  /// Jobs that are being done.
  private var underWay = 0
  /// Spawns between clone and registration: a child that nobody knows may be one of these.
  private(set) var clones = 0
  /// All that ever began.
  private(set) var clonesBegun: UInt64 = 0
  /// Threads that spawn, those that hang included.
  private(set) var spawners = 0

  /// As many spawn at once as long as none hangs.
  static let usualSpawners = 2
  /// A job that waits longer means that those who spawn hang: on a disk that does not answer, say.
  static let patience = Duration.seconds(1)
  private static let spawnerBound = 64

  var isEmpty: Bool { start == jobs.count }

  mutating func add(_ job: Job, as key: RunKey) {
    if isEmpty { waiting = .now }
    jobs.append((job, key))
  }

  /// The next job to do; nil if there is none. `finish` must follow.
  mutating func begin() -> (job: Job, key: RunKey)? {
    guard !isEmpty else { return nil }
    let next = jobs[start]
    start += 1
    if isEmpty { removeAll() } else { waiting = .now }
    underWay += 1
    return next
  }

  /// There is all that a spawn needs, and the child is made.
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

  /// Whether those that are there hang, so that another one is to be started. It is, with a `spawnerStarted`, before this is asked again.
  mutating func needsSpawner() -> Bool {
    guard let since = waiting, since + Self.patience <= .now, spawners < Self.spawnerBound else { return false }
    waiting = .now
    return true
  }

  /// Whether a spawner that has just finished is one too many: others came in its place while it hung.
  var hasSpawnersToSpare: Bool { isEmpty && spawners - underWay > Self.usualSpawners }
}
