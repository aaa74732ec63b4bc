// Durations for people, and the times of the API.

import Testing

@testable import StokerCommand

struct AgeTests {
  @Test(
    "a table shows the two units that matter",
    arguments: [
      (-3.0, "0s"), (0.4, "0s"), (59.9, "59s"), (60, "1m"), (200, "3m 20s"), (3600, "1h"), (18_720, "5h 12m"), (183_600, "2d 3h"),
      (86_400 * 400, "400d"), (.infinity, "11574074074d 1h"),
    ])
  func short(seconds: Double, text: String) {
    #expect(Age.short(seconds) == text)
  }

  @Test(
    "a sentence spells the units, with more digits the shorter it is",
    arguments: [
      (Duration.milliseconds(1234), "1.2 s"), (.milliseconds(40), "40 ms"), (.zero, "0 ms"), (.seconds(2), "2 s"),
      (.milliseconds(9960), "10 s"),
      (.seconds(175), "2 min 55 s"), (.seconds(35), "35 s"),
    ])
  func long(duration: Duration, text: String) {
    #expect(Age.long(duration) == text)
  }

  @Test(
    "RFC 3339 times are read to the millisecond, over leap days and centuries",
    arguments: [
      ("1970-01-01T00:00:00Z", 0.0), ("2025-10-22T04:00:00.123Z", 1_761_105_600.123), ("2024-02-29T23:59:59Z", 1_709_251_199),
      ("2000-03-01T00:00:00.000Z", 951_868_800), ("2100-03-01T00:00:00Z", 4_107_542_400),
    ])
  func times(text: String, seconds: Double) {
    #expect(Age.seconds(rfc3339: text).map { abs($0 - seconds) < 0.0005 } == true)
  }

  @Test(
    "what is no such time is none", arguments: ["", "soon", "2025-13-22T04:00:00Z", "2025-10-22T04:00:00+02:00", "2025-10-22 04:00:00Z"])
  func noTimes(text: String) {
    #expect(Age.seconds(rfc3339: text) == nil)
  }

  @Test("a delay is rounded up", arguments: [(1.2, "in 2s"), (2, "in 2s"), (0.001, "in 1s"), (89.5, "in 1m 30s"), (0, "now"), (-3, "now")])
  func delays(_ seconds: Double, _ text: String) {
    #expect(Age.until(seconds) == text)
  }
}
