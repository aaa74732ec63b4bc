// Rule 30: the registry.

import Orchestration
import Testing

@Suite("Registry")
struct RegistryTests {
  private func changes(_ actions: [Action]) -> [Change.RegistryChange] {
    actions.compactMap { action in
      guard case .changed(let change) = action, case .registry(_, let what) = change.what else { return nil }
      return what
    }
  }

  @Test("every configured service has an entry from the start, and its name cannot be taken or deregistered")
  func configured() throws {
    var rig = try Rig([.named("dao")])
    #expect(rig.core.registry["dao"]?.status == .stopped)
    #expect(rig.core.register("dao", type: "x", timeToLive: nil, payload: "{}", at: rig.now).0 == .failure(.configuredService))
    #expect(rig.core.deregister("dao", at: rig.now).0 == .failure(.configuredService))
  }

  @Test("Stoker beats for a service, without a timer, while it lives and is not unhealthy")
  func stokerBeats() throws {
    var rig = try Rig([.named("dao")])
    rig.boot()
    rig.pass(.seconds(150))
    let entry = try #require(rig.core.registry["dao"]).current(at: rig.now)
    #expect(entry.lastBeat == moment(120))
    #expect(entry.beats == 3)
    #expect(entry.isAlive)
    #expect(entry.status == .healthy)
    rig.pass(.seconds(10_000))
    #expect(rig.core.registry["dao"]?.current(at: rig.now).isAlive == true)
    #expect(rig.log.allSatisfy { changes([$0.action]).isEmpty })
  }

  @Test("a service that never beats for itself has no time to live, and is alive while it runs")
  func withoutBeats() throws {
    var rig = try Rig([.named("dao").with { $0.restart.maxAttempts = 0 }])
    rig.boot()
    #expect(rig.core.registry["dao"]?.timeToLive == nil)
    rig.exit("dao")
    #expect(rig.core.registry["dao"]?.isAlive == false)
    rig.pass(.seconds(100_000))
    #expect(rig.core.registry["dao"]?.status == .unhealthy)
    #expect(rig.core.registry["dao"]?.expirations == 0)
    rig.start("dao", force: true)
    #expect(rig.core.registry["dao"]?.isAlive == true)
    #expect(changes(rig.log.map(\.action)) == [])
  }

  @Test("a wanted service that has beaten for itself expires after its time to live, once, and beats again when it is back")
  func expires() throws {
    var rig = try Rig([.named("dao").with { $0.restart.maxAttempts = 0 }])
    rig.boot()
    _ = rig.core.beat("dao", status: nil, at: rig.now)
    #expect(rig.core.registry["dao"]?.timeToLive == .seconds(180))
    rig.pass(.seconds(90))
    rig.exit("dao")
    rig.pass(.seconds(149))
    #expect(rig.core.registry["dao"]?.status == .unhealthy)
    rig.pass(.seconds(1000))
    #expect(rig.core.registry["dao"]?.status == .expired)
    #expect(rig.core.registry["dao"]?.isAlive == false)
    #expect(rig.core.registry["dao"]?.expirations == 1)
    rig.start("dao", force: true)
    #expect(rig.core.registry["dao"]?.status == .healthy)
    #expect(changes(rig.log.map(\.action)) == [.expired, .revived])
  }

  @Test("stopped services neither expire nor count as expired")
  func stopped() throws {
    var rig = try Rig([.named("dao")])
    rig.boot()
    rig.stop("dao")
    rig.pass(.seconds(100_000))
    #expect(rig.core.registry["dao"]?.status == .stopped)
    rig.holdsSpawns = ["dao"]
    rig.start("dao")
    rig.pass(.seconds(60))
    #expect(rig.core.registry["dao"]?.expirations == 0)
  }

  @Test("an entry expires exactly at its time to live, is dropped ten later, and a beat then is unknown")
  func timeToLive() throws {
    var rig = try Rig([])
    let (result, _) = rig.core.register("ext", type: "t", timeToLive: .seconds(10), payload: "{}", at: rig.now)
    #expect(try result.get().isAlive)
    rig.pass(.milliseconds(9_999))
    #expect(rig.core.registry["ext"]?.isAlive == true)
    rig.pass(.milliseconds(1))
    #expect(rig.core.registry["ext"]?.status == .expired)
    #expect(rig.core.registry["ext"]?.isAlive == false)
    let (revived, actions) = rig.core.beat("ext", status: .degraded, at: rig.now)
    #expect(try revived.get().status == .degraded)
    #expect(changes(actions) == [.revived])
    rig.pass(.seconds(110))
    #expect(rig.core.registry["ext"] == nil)
    #expect(rig.core.beat("ext", status: nil, at: rig.now).0 == .failure(.unknown))
    #expect(changes(rig.log.map(\.action)) == [.expired, .expired, .dropped])
  }

  @Test("registering again updates, deregistering takes out, and the name is free again")
  func updates() throws {
    var rig = try Rig([])
    #expect(changes(rig.core.register("ext", type: "t", timeToLive: nil, payload: "{}", at: rig.now).1) == [.registered])
    #expect(changes(rig.core.register("ext", type: "u", timeToLive: nil, payload: "{\"a\":1}", at: rig.now).1) == [.updated])
    #expect(rig.core.registry["ext"]?.type == "u")
    #expect(rig.core.registry["ext"]?.timeToLive == .seconds(180))
    #expect(changes(rig.core.deregister("ext", at: rig.now).1) == [.deregistered])
    #expect(rig.core.deregister("ext", at: rig.now).0 == .failure(.unknown))
    #expect(rig.core.beat("ext", status: nil, at: rig.now).0 == .failure(.unknown))
    #expect(rig.core.nextDeadline == nil)
  }

  @Test("10,000 entries are the limit, 16 KiB each, and all of them may expire in one tick")
  func limits() throws {
    var rig = try Rig([])
    for number in 0..<10_000 {
      _ = rig.core.register("r\(number)", type: "t", timeToLive: .seconds(10), payload: "", at: rig.now)
    }
    #expect(rig.core.register("more", type: "t", timeToLive: nil, payload: "", at: rig.now).0 == .failure(.tooMany))
    #expect(try rig.core.register("r7", type: "t", timeToLive: .seconds(10), payload: "", at: rig.now).0.get().isAlive)
    let long = String(repeating: "x", count: 16 * 1024 + 1)
    #expect(rig.core.register("r1", type: "t", timeToLive: nil, payload: long, at: rig.now).0 == .failure(.tooLarge))
    rig.now = moment(10)
    let expired = changes(rig.core.handle(.wake, at: rig.now))
    #expect(expired.count == 10_000)
    #expect(expired.allSatisfy { $0 == .expired })
  }

  @Test("a heartbeat check asks the service to beat for itself; a beat with the status unhealthy is a failed check")
  func heartbeatCheck() throws {
    var rig = try Rig([
      ServiceSpec(
        name: "dao", check: CheckPolicy(source: .heartbeat), heartbeat: HeartbeatPolicy(interval: .seconds(5), timeout: .seconds(20)))
    ])
    rig.boot()
    rig.pass(.seconds(5))
    #expect(rig["dao"].health == .unknown)
    rig.carryOut(rig.core.beat("dao", status: nil, at: rig.now).1)
    rig.pass(.seconds(2))
    #expect(rig["dao"].health == .healthy)
    rig.carryOut(rig.core.beat("dao", status: .unhealthy, at: rig.now).1)
    #expect(rig["dao"].health == .degraded)
    rig.carryOut(rig.core.beat("dao", status: .unhealthy, at: rig.now).1)
    rig.carryOut(rig.core.beat("dao", status: .unhealthy, at: rig.now).1)
    #expect(rig["dao"].health == .unhealthy)
    #expect(rig["dao"].status == .backoff)
    #expect(rig.count { if case .startCheck = $0 { true } else { false } } == 0)
  }
}
