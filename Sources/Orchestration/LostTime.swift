// Time in which this process did not run is nobody's fault: deadlines stand still meanwhile (rule 80).

/// Notices that the process was stopped, swapped out, or frozen with its machine.
///
/// A process cannot see its own absence, only a deadline that it missed by far. From that deadline on the time is lost: it counts for
/// nobody. Everything that others did meanwhile still waits in pipes and sockets, so deadlines are judged after a respite in which it is
/// read. After a short absence the respite is enough, and the clock goes on.
///
/// The caller calls `wake` before it handles anything, judges deadlines only if `mayJudge` says so, and calls `sleep` at the end.
package struct LostTime: Sendable {
  /// A later wake-up shows an absence, or a machine so busy that it makes no difference.
  package static let tolerance = Duration.milliseconds(50)
  /// The shortest time that counts as lost.
  package static let shortest = Duration.milliseconds(500)
  /// The longest respite after an absence.
  package static let respite = Duration.seconds(1)
  /// The number of absences in a row, with no deadline judged in between, after which deadlines are judged all the same.
  package static let bound = 10

  /// All time that was lost so far.
  package private(set) var total = Duration.zero
  /// The next deadline. Time does not pass it before `wake`, so that it never goes back when a loss is noticed.
  private var horizon: Instant?
  private var judgesFrom: Instant?
  private var absences = 0

  /// No time is lost yet.
  package init() {}

  /// The further time for a limit whose timer fired `late`, as others could do nothing about that; nil: the limit has passed.
  package static func extra(late: Duration, limit: Duration) -> Duration? {
    late > tolerance ? min(late * 2, max(limit, respite)) : nil
  }

  /// The time without what was lost.
  package func time(at real: Instant) -> Instant {
    let time = real + (.zero - total)
    return horizon.map { min($0, time) } ?? time
  }

  /// A wake-up at or after the deadline that it was for.
  package struct Lateness: Sendable, Equatable {
    /// The time since the deadline.
    package var time: Duration
    /// Whether it counts for nobody.
    package var isLost = false
  }

  /// Notes a wake-up. Returns nil for one before the deadline, and without any.
  package mutating func wake(at real: Instant) -> Lateness? {
    guard let due = horizon else { return nil }
    horizon = nil
    let late = time(at: real) - due
    guard late >= .zero else { return nil }
    guard late > Self.tolerance, absences < Self.bound else { return Lateness(time: late) }
    absences += 1
    let isLost = late >= Self.shortest
    if isLost { total += late }
    judgesFrom = time(at: real) + min(late * 2, Self.respite)
    return Lateness(time: late, isLost: isLost)
  }

  /// Whether deadlines may be judged now: what came during an absence was read.
  package mutating func mayJudge(at real: Instant) -> Bool {
    if let judgesFrom, time(at: real) < judgesFrom { return false }
    judgesFrom = nil
    absences = 0
    return true
  }

  /// Notes that everything was handled until the next deadline. Returns the moment at which to wake up, on the clock of `time`.
  package mutating func sleep(until due: Instant?, at real: Instant) -> Instant? {
    let now = time(at: real)
    horizon = due.map { max($0, judgesFrom ?? $0, now) }
    return horizon
  }
}
