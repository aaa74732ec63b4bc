// The ledger's words about a service in addition to its counters.

import Orchestration

/// The facts about a service that the ledger keeps in addition to its counters.
struct LedgerFacts {
  /// Beyond these, counting has no meaning.
  private static let mostAttempts: UInt64 = 1_000_000
  static let columns = [
    "counted_since", "status", "since", "attempts", "is_limit_reached", "run", "has_ended", "entered", "open_uptime", "open_since",
  ]
  /// The columns of earlier versions: the first did not keep the start of counts, and none that of the state and the uptime that was not
  /// counted yet.
  static let formerColumns = [Array(columns.dropLast(3)), Array(columns.dropFirst().dropLast(3))]

  /// The start of the counts, in nanoseconds since 1970; 0 where an earlier version counted, which did not keep it.
  var countedSince: UInt64
  var status: Status
  /// The moment from which the present state is not counted yet, in nanoseconds since the machine's boot.
  var since: UInt64
  var attempts: Int
  var isLimitReached: Bool
  /// Whether it failed while a dependency was lost to it (rule 84): the second bit of the same word, which says "by its limit" to an
  /// earlier version.
  var comesBack: Bool
  /// The last run.
  var run: UInt64
  /// Whether the main process of that run has ended, with its end among the counters.
  var hasEnded: Bool
  /// The start of the present state, which may be before this Stoker's; 0 if it is not known.
  var entered: UInt64
  /// The time that its uptime has not counted yet; nil: there is none.
  var openUptime: UptimeHistory.Open?

  /// - Parameter countedSince: The start of the counts.
  init(_ view: ServiceView, countedSince: Timestamp) {
    self.countedSince = UInt64(max(0, countedSince.nanoseconds))
    status = view.status
    since = UInt64(max(0, view.since.nanoseconds))
    attempts = view.attempts
    isLimitReached = view.isLimitReached
    comesBack = view.comesBack
    run = view.run
    hasEnded = !view.isAlive && view.status != .starting
    entered = UInt64(max(0, view.enteredAt.nanoseconds))
    // Only checks know how an external service was meanwhile, and each of them counts the time until it.
    openUptime = view.isExternal ? nil : view.uptime.open
  }

  /// The facts about a service that has stopped.
  init(stoppedAt now: Instant, countedSince: Timestamp) {
    var values = ServiceView.Values()
    values.since = now
    self.init(ServiceView(id: ServiceID(0), values: values), countedSince: countedSince)
  }

  /// Nil if the words are no facts: shared memory can contain anything.
  init?(_ words: some Collection<UInt64>) {
    let words = Array(words)
    guard words.count == Self.columns.count, words[1] < UInt64(Status.allCases.count), words[5] <= RunNumber.highest else { return nil }
    countedSince = words[0]
    status = Status.allCases[Int(words[1])]
    since = words[2]
    attempts = Int(min(words[3], Self.mostAttempts))
    isLimitReached = words[4] & 1 != 0
    comesBack = words[4] & 2 != 0
    run = words[5]
    hasEnded = words[6] != 0
    entered = words[7]
    openUptime = words[8] == 0 ? nil : UptimeHistory.Open(isUp: words[8] == 1, since: Instant(nanoseconds: Int64(clamping: words[9])))
  }

  var words: [UInt64] {
    let failure: UInt64 = (isLimitReached ? 1 : 0) | (comesBack ? 2 : 0)
    let number = UInt64(Status.allCases.firstIndex(of: status) ?? 0)
    let (uptime, openSince) = openUptime.map { (UInt64($0.isUp ? 1 : 2), UInt64(max(0, $0.since.nanoseconds))) } ?? (0, 0)
    return [countedSince, number, since, UInt64(clamping: attempts), failure, run, hasEnded ? 1 : 0, entered, uptime, openSince]
  }
}
