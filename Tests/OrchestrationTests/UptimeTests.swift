// Rule 5: uptime windows.

import Orchestration
import Testing

@Suite("Uptime")
struct UptimeTests {
  @Test("no data is nil")
  func noData() throws {
    var rig = try Rig([.named("dao")])
    for window in UptimeHistory.Window.allCases { #expect(rig["dao"].uptime.share(window, at: rig.now)?.ratio == nil) }
    rig.pass(.seconds(3600))
    #expect(rig["dao"].uptime.share(.hour, at: rig.now)?.ratio == nil)
  }

  @Test("without a check it is the share of time running, and time stopped on request counts nothing")
  func running() throws {
    var rig = try Rig([.named("dao").with { $0.restart.backoff.base = .seconds(100) }])
    rig.boot()
    rig.pass(.seconds(300))
    rig.exit("dao")
    rig.pass(.seconds(100))
    #expect(rig["dao"].uptime.share(.hour, at: rig.now)?.ratio == 0.75)
    rig.stop("dao")
    rig.pass(.seconds(1000))
    #expect(rig["dao"].uptime.share(.hour, at: rig.now)?.ratio == 0.75)
    rig.start("dao")
    rig.pass(.seconds(400))
    #expect(rig["dao"].uptime.share(.hour, at: rig.now)?.ratio == 0.875)
  }

  @Test("the time that a killed Stoker had not counted goes on where it is known what the service did meanwhile")
  func leftOpen() throws {
    let hour = Instant(nanoseconds: -3_600_000_000_000)
    func open(isUp: Bool) -> (inout Memory) -> Void { { $0.openUptime = UptimeHistory.Open(isUp: isUp, since: hour) } }
    let names = ["up", "down", "ended", "begun"]
    let rig = try Rig.booted(
      names.map { .named($0) },
      [
        "up": memory(.live, open(isUp: true)), "down": memory(.failed(byLimit: true), open(isUp: false)),
        "ended": memory(.ended, open(isUp: true)), "begun": memory(.live, open(isUp: false)),
      ])
    let shares = names.map { rig[$0].uptime.share(.day, at: rig.now) }
    #expect(shares.map { $0?.ratio } == [1, 0, nil, 0])
    #expect(shares.map { $0?.known } == [.seconds(3600), .seconds(3600), nil, .seconds(3595)])
  }

  @Test("the time of an external service that is not there is counted at each of its checks")
  func absentExternal() throws {
    var rig = try Rig([ServiceSpec(name: "remote", kind: .external, check: CheckPolicy(interval: .seconds(10), failureThreshold: 1))])
    rig.passes["remote"] = true
    rig.boot()
    rig.pass(.seconds(60))
    rig.passes["remote"] = false
    rig.pass(.seconds(60))
    let revision = rig["remote"].uptime.revision
    rig.pass(.seconds(60))
    #expect(rig["remote"].health == .unhealthy && rig["remote"].uptime.revision > revision + 4)
    #expect(abs(try #require(rig["remote"].uptime.share(.hour, at: rig.now)?.ratio) - 1.0 / 3) < 0.1)
  }

  @Test("with a check each interval is one check")
  func checked() throws {
    var rig = try Rig([ServiceSpec(name: "dao", check: CheckPolicy(failureThreshold: 100))])
    rig.passes["dao"] = true
    rig.boot()
    rig.pass(.seconds(1500))
    rig.passes["dao"] = false
    rig.pass(.seconds(300))
    let ratio = try #require(rig["dao"].uptime.share(.hour, at: rig.now)?.ratio)
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
    #expect(abs(try #require(rig["dao"].uptime.share(.week, at: rig.now)?.ratio) - 0.5) < 0.001)
    #expect(try #require(rig["dao"].uptime.share(.day, at: rig.now)?.ratio) < 0.001)
    #expect(try #require(rig["dao"].uptime.share(.hour, at: rig.now)?.ratio) < 0.001)
    rig.pass(.seconds(3600))
    #expect(rig["dao"].uptime.share(.hour, at: rig.now)?.ratio == 1)
    rig.pass(.seconds(5 * 86_400))
    // Day 7 and an hour: the first day up is leaving the window, the second day down is still in it.
    #expect(rig["dao"].uptime.share(.day, at: rig.now)?.ratio == 1)
    #expect(try #require(rig["dao"].uptime.share(.week, at: rig.now)?.ratio) < 0.87)
    rig.pass(.seconds(86_400 * 2))
    #expect(rig["dao"].uptime.share(.week, at: rig.now)?.ratio == 1)
  }

  @Test("the wait before a first start is no downtime; one that was up and waits again is down")
  func waiting() throws {
    let base = ServiceSpec(name: "base", check: CheckPolicy(interval: .seconds(10), failureThreshold: 100))
    var rig = try Rig([base, .named("dao", on: [0], .healthy), .named("high").with { $0.layer = 9 }])
    rig.passes["base"] = false
    rig.boot()
    rig.pass(.seconds(300))
    #expect(rig["dao"].status == .waiting && rig["dao"].uptime.share(.hour, at: rig.now) == nil)
    rig.passes["base"] = true
    rig.pass(.seconds(60))
    let started = rig.now
    #expect(rig["dao"].uptime.share(.hour, at: rig.now)?.ratio == 1)
    #expect(rig["high"].uptime.share(.hour, at: rig.now)?.ratio == 1)
    rig.stop("base", .force)
    rig.exit("dao")
    rig.pass(.seconds(600))
    #expect(rig["dao"].status == .waiting)
    let share = try #require(rig["dao"].uptime.share(.hour, at: rig.now))
    #expect(share.ratio < 0.1 && share.known >= rig.now - started)
    // Nor is it fresh after a person has stopped it for a while.
    rig.stop("dao")
    rig.pass(.seconds(100))
    rig.passes["base"] = false
    rig.start("dao")
    rig.pass(.seconds(600))
    #expect(try #require(rig["dao"].uptime.share(.hour, at: rig.now)).ratio < share.ratio)
  }

  @Test("a oneshot has none, nor has a service that has completed")
  func completed() throws {
    var rig = try Rig([
      .named("job").with {
        $0.kind = .oneshot; $0.restart.rule = .onFailure
      }, .named("dao").with { $0.restart.rule = .onFailure },
    ])
    rig.boot()
    rig.pass(.seconds(60))
    func uptime(_ name: String) -> UptimeHistory.Share? {
      rig[name].uptime(.hour, of: rig.core.graph[rig.id(name)], at: rig.now)
    }
    #expect(uptime("job") == nil && uptime("dao")?.ratio == 1)
    rig.exit("job", .code(0))
    rig.exit("dao", .code(0))
    rig.pass(.seconds(600))
    #expect(rig.statuses == ["completed", "completed"])
    #expect(uptime("job") == nil && uptime("dao") == nil)
    #expect(rig["dao"].uptime.share(.hour, at: rig.now)?.known == .seconds(60), "nor does that time count later")
  }

  @Test("a window says of how much time its share is, and when that is most of it")
  func known() throws {
    var rig = try Rig([.named("dao")])
    rig.boot()
    rig.pass(.seconds(720))
    for window in UptimeHistory.Window.allCases {
      let share = try #require(rig["dao"].uptime.share(window, at: rig.now))
      #expect(share.known == .seconds(720) && !share.coversWindow)
    }
    rig.pass(.seconds(3000))
    #expect(rig["dao"].uptime.share(.hour, at: rig.now)?.coversWindow == true)
    #expect(rig["dao"].uptime.share(.day, at: rig.now)?.coversWindow == false)
    rig.stop("dao")
    rig.pass(.seconds(1800))
    #expect(rig["dao"].uptime.share(.hour, at: rig.now)?.coversWindow == false, "a time that does not count is not known")
  }
}
