// Moments as people write them.

import Glibc
import Testing

@testable import Stoker

struct MomentTests {
  // 2026-11-30T12:00:00Z
  private let now = Timestamp(nanoseconds: 1_796_040_000_000_000_000)

  @Test(
    "a time ago and a time of the clock are moments",
    arguments: [
      ("10m", "2026-11-30T11:50:00.000Z"), ("1h30m", "2026-11-30T10:30:00.000Z"), ("90", "2026-11-30T11:58:30.000Z"),
      ("2026-11-30T11:59:59Z", "2026-11-30T11:59:59.000Z"), ("2026-11-30T12:00:00.25+01:00", "2026-11-30T11:00:00.250Z"),
      ("2026-11-30 12:00-02:30", "2026-11-30T14:30:00.000Z"), ("2024-02-29t00:00:00z", "2024-02-29T00:00:00.000Z"),
    ])
  func moments(_ text: String, _ expected: String) {
    #expect(MomentText.parse(text, now: now, isLocal: false)?.rfc3339 == expected)
    #expect(MomentText.parse(text, now: now, isLocal: true) == MomentText.parse(text, now: now, isLocal: false))
  }

  @Test("a time without a zone is one of this machine, where that is asked for")
  func local() throws {
    for text in ["2026-11-30 12:00", "2026-11-30T12:00:30", "2026-11-30"] {
      #expect(MomentText.parse(text, now: now, isLocal: false) == nil)
      let moment = try #require(MomentText.parse(text, now: now, isLocal: true))
      var seconds = time_t(moment.nanoseconds / 1_000_000_000)
      var parts = tm()
      localtime_r(&seconds, &parts)
      #expect((parts.tm_year, parts.tm_mon, parts.tm_mday, parts.tm_hour) == (126, 10, 30, text.count > 10 ? 12 : 0))
    }
  }

  @Test(
    "what is no moment is refused",
    arguments: [
      "", "yesterday", "10 m", "-5m", "100000d", "2026-13-01", "2026-02-29", "2026-11-31", "2026-11-30T24:00:00Z", "2026-11-30T12:60:00Z",
      "2026-11-30T12:00:00.Z", "2026-11-30T12:00:00+1:00", "2026-11-30T12:00:00Zx", "2026-11-30X12:00", "1960-01-01T00:00:00Z", "12:00",
      "2026-11-30 12", "2300-01-01T00:00:00Z", "１０m",
    ])
  func refused(_ text: String) {
    #expect(MomentText.parse(text, now: now, isLocal: true) == nil)
  }
}
