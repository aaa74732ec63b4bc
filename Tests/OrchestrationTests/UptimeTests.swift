// Rule 5: uptime windows.

import Orchestration
import Testing

@Suite("Uptime")
struct UptimeTests {
  @Test("no data is nil")
  func noData() throws {
    var rig = try Rig([.named("dao")])
    for window in UptimeHistory.Window.allCases { #expect(rig["dao"].uptime.ratio(window, at: rig.now) == nil) }
    rig.pass(.seconds(3600))
    #expect(rig["dao"].uptime.ratio(.hour, at: rig.now) == nil)
  }

  @Test("without a check it is the share of time running, and time stopped on request counts nothing")
  func running() throws {
    var rig = try Rig([.named("dao").with { $0.restart.backoff.base = .seconds(100) }])
    rig.boot()
    rig.pass(.seconds(300))
    rig.exit("dao")
    rig.pass(.seconds(100))
    #expect(rig["dao"].uptime.ratio(.hour, at: rig.now) == 0.75)
    rig.stop("dao")
    rig.pass(.seconds(1000))
    #expect(rig["dao"].uptime.ratio(.hour, at: rig.now) == 0.75)
    rig.start("dao")
    rig.pass(.seconds(400))
    #expect(rig["dao"].uptime.ratio(.hour, at: rig.now) == 0.875)
  }

  @Test("with a check each interval is one check")
  func checked() throws {
    var rig = try Rig([ServiceSpec(name: "dao", check: CheckPolicy(failureThreshold: 100))])
    rig.passes["dao"] = true
    rig.boot()
    rig.pass(.seconds(1500))
    rig.passes["dao"] = false
    rig.pass(.seconds(300))
    let ratio = try #require(rig["dao"].uptime.ratio(.hour, at: rig.now))
    #expect(abs(ratio - 1500.0 / 1800) < 0.02)
  }

  @Test("the windows forget older time, over eight days")
  func eightDays() throws {
    var rig = try Rig([.named("dao").with { $0.restart.backoff = Backoff(base: .seconds(86_400), max: .seconds(86_400)) }])
    rig.boot()
    rig.pass(.seconds(86_400))
    rig.exit("dao")
    rig.pass(.seconds(86_400))
    // One day up, one day down.
    #expect(rig["dao"].status == .running)
    #expect(abs(try #require(rig["dao"].uptime.ratio(.week, at: rig.now)) - 0.5) < 0.001)
    #expect(try #require(rig["dao"].uptime.ratio(.day, at: rig.now)) < 0.001)
    #expect(try #require(rig["dao"].uptime.ratio(.hour, at: rig.now)) < 0.001)
    rig.pass(.seconds(3600))
    #expect(rig["dao"].uptime.ratio(.hour, at: rig.now) == 1)
    rig.pass(.seconds(5 * 86_400))
    // Day 7 and an hour: the first day up is leaving the window, the second day down is still in it.
    #expect(rig["dao"].uptime.ratio(.day, at: rig.now) == 1)
    #expect(try #require(rig["dao"].uptime.ratio(.week, at: rig.now)) < 0.87)
    rig.pass(.seconds(86_400 * 2))
    #expect(rig["dao"].uptime.ratio(.week, at: rig.now) == 1)
  }
}
