// The pauses of the pump, in which services write before it reads again.

import Glibc

/// Paces the pump. While services write line by line without a pause, a read for each line costs them and us
/// more than the lines: 110 MB/s of 100-byte lines went through a pipe that was read whenever it was not
/// empty, 210 MB/s with a pause of a millisecond between two reads. So the pump sleeps a little when it comes
/// back too soon; never when a pipe is filling up, and never long enough to be noticed.
struct PumpPacing {
  private var pause: UInt32 = 0
  private var last: SuspendingClock.Instant?
  private var fullest = 0.0
  private var isBusy = false

  private static let longest: UInt32 = 1000
  private static let shortest: UInt32 = 50
  /// Output after a longer silence than this is no flood.
  private static let calm = Duration.microseconds(500)

  /// A round of reading begins.
  mutating func begin() {
    if let last { isBusy = SuspendingClock.now - last < Self.calm }
    fullest = 0
  }

  /// Notes how full a pipe was, from 0 to 1.
  mutating func moved(_ share: Double) { fullest = max(fullest, share) }

  /// The round is over: sleeps, if that is better.
  mutating func end() {
    if !isBusy || fullest == 0 {
      pause = 0
    } else if fullest < 0.25 {
      pause = min(max(Self.shortest, pause * 2), Self.longest)
    } else if fullest > 0.5 {
      pause /= 2
    }
    if pause > 0, fullest < 1 { usleep(pause) }
    last = .now
  }
}
