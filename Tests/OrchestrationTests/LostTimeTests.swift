// Time in which the process did not run (rule 80).

import Orchestration
import Testing

@Suite("Lost time")
struct LostTimeTests {
  private var lost = LostTime()

  private func second(_ seconds: Double) -> Instant {
    Instant(nanoseconds: Int64(seconds * 1e9))
  }

  /// Wakes it at a real time; returns the time on its clock, and whether deadlines may be judged.
  private mutating func wake(_ real: Double) -> (time: Instant, mayJudge: Bool) {
    _ = lost.wake(at: second(real))
    return (lost.time(at: second(real)), lost.mayJudge(at: second(real)))
  }

  @Test("it counts from the deadline that was missed, and deadlines are judged after a respite")
  mutating func absence() {
    _ = lost.sleep(until: second(2), at: second(1))
    #expect(lost.time(at: second(7)) == second(2), "time does not pass a deadline that nobody looked at")
    let woken1 = wake(8)
    #expect(woken1 == (second(2), false))
    #expect(lost.total == .seconds(6))
    let alarm = lost.sleep(until: second(2), at: second(8))
    #expect(alarm == second(3))
    let woken2 = wake(9)
    #expect(woken2 == (second(3), true))
    #expect(lost.time(at: second(10)) == second(4))
  }

  @Test("a wake-up in time, and a sleep without a deadline, lose nothing")
  mutating func inTime() {
    _ = lost.sleep(until: second(2), at: second(1))
    let woken3 = wake(2.04)
    #expect(woken3 == (second(2.04), true))
    _ = lost.sleep(until: nil, at: second(3))
    let woken4 = wake(60)
    #expect(woken4 == (second(60), true))
  }

  @Test("a short absence has its respite, and no time is lost")
  mutating func shortAbsence() {
    _ = lost.sleep(until: second(2), at: second(1))
    let woken5 = wake(2.3)
    #expect(woken5 == (second(2.3), false))
    let woken6 = wake(2.8)
    #expect(woken6 == (second(2.8), false))
    let woken7 = wake(2.95)
    #expect(woken7 == (second(2.95), true))
  }

  @Test("a wake-up tells how late it is for its deadline, and a respite is no lateness")
  mutating func lateness() {
    let moments: [(deadline: Double, wake: Double, late: Duration?, isLost: Bool)] = [
      (2, 1.5, nil, false), (2, 2.25, .milliseconds(250), false), (2, 2.75, .zero, false), (3, 63, .seconds(60), true),
    ]
    for (deadline, wake, late, isLost) in moments {
      _ = lost.sleep(until: second(deadline), at: second(1))
      let lateness = lost.wake(at: second(wake))
      #expect(lateness?.time == late)
      #expect(lateness?.isLost ?? false == isLost)
    }
  }

  @Test("a machine that is always too busy puts deadlines off, but not without end")
  mutating func busy() {
    var real = second(1)
    var count = 0
    repeat {
      let due = lost.sleep(until: second(1), at: real)
      real = (due ?? real) + lost.total + .seconds(1)
      _ = lost.wake(at: real)
      count += 1
    } while !lost.mayJudge(at: real) && count < 100
    #expect(count == LostTime.bound + 1)
  }

  @Test("a limit whose timer was late has further time, at most its own length or the respite")
  func limits() {
    #expect(LostTime.extra(late: .milliseconds(10), limit: .seconds(5)) == nil)
    #expect(LostTime.extra(late: .seconds(60), limit: .seconds(5)) == .seconds(5))
    #expect(LostTime.extra(late: .seconds(60), limit: .milliseconds(100)) == .seconds(1))
    #expect(LostTime.extra(late: .milliseconds(200), limit: .seconds(5)) == .milliseconds(400))
  }
}
