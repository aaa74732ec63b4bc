// Rule 75: the size of the registry.

import Orchestration
import Testing

@Suite("Size of the registry")
struct RegistrySizeTests {
  private let now = Instant(nanoseconds: 0)

  private func core(size: Int) throws -> Orchestrator {
    Orchestrator(try DependencyGraph([ServiceSpec(name: "dao")]), registrySize: size, at: now)
  }

  private func payload(_ size: Int) -> String { String(repeating: "x", count: size) }

  @Test("a registration that does not fit is refused, and changes nothing; one that makes its entry smaller always fits")
  func limit() throws {
    var core = try core(size: 20_000)
    #expect(throws: Never.self) { try core.register("a", type: "t", timeToLive: nil, payload: payload(9_000), at: now).0.get() }
    #expect(core.register("b", type: "t", timeToLive: nil, payload: payload(9_000), at: now).0 == .failure(.full(20_000)))
    #expect(core.registry["b"] == nil)
    #expect(core.registrySize == RegistrySize(used: 10_026, limit: 20_000))
    #expect(throws: Never.self) { try core.register("b", type: "t", timeToLive: nil, payload: payload(8_000), at: now).0.get() }
    let before = core.registry["a"]
    #expect(core.register("a", type: "t", timeToLive: nil, payload: payload(10_000), at: now).0 == .failure(.full(20_000)))
    #expect(core.registry["a"] == before)
    #expect(throws: Never.self) { try core.register("a", type: "t", timeToLive: nil, payload: payload(10), at: now).0.get() }
    #expect(throws: Never.self) { try core.deregister("b", at: now).0.get() }
    #expect(core.registrySize.used == 1036)
  }

  @Test("a beat counts even where its details do not fit, and a service of the file is not concerned")
  func beats() throws {
    var core = try core(size: 3_000)
    _ = core.register("a", type: "t", timeToLive: nil, payload: "{}", at: now)
    #expect(try core.beat("a", status: .healthy, details: payload(1_000), at: now).0.get().details?.count == 1_000)
    let full = try core.beat("a", status: .degraded, details: payload(2_000), at: now).0.get()
    #expect(full.details == nil && full.status == .degraded && full.beats == 3)
    #expect(try core.beat("dao", status: .healthy, details: payload(9_000), at: now).0.get().details?.count == 9_000)
    #expect(core.registrySize.used == 1028)
  }

  @Test("whatever happens, the size is the sum of all entries, and within its limit")
  func sum() throws {
    var core = try core(size: 100_000)
    var numbers = Numbers(seed: 7)
    var refused = 0
    for step in 0..<4_000 {
      let moment = Instant(nanoseconds: Int64(step) * 50_000_000)
      let name = "n\(numbers.next(60))"
      switch numbers.next(6) {
      case 0...2:
        let result = core.register(
          name, type: payload(numbers.next(20)), timeToLive: .seconds(1 + numbers.next(4)), payload: payload(numbers.next(9_000)),
          at: moment
        ).0
        if case .failure(.full) = result { refused += 1 }
      case 3, 4: _ = core.beat(name, status: nil, details: numbers.next(2) == 0 ? nil : payload(numbers.next(4_000)), at: moment)
      default: _ = core.deregister(name, at: moment)
      }
      _ = core.handle(.wake, at: moment)
      #expect(core.registrySize.used == Audit(core).recountedRegistrySize)
      #expect(core.registrySize.used <= 100_000)
    }
    #expect(refused > 20)
  }
}

/// Numbers that are the same in each run.
private struct Numbers {
  var seed: UInt64

  mutating func next(_ bound: Int) -> Int {
    seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((seed >> 33) % UInt64(bound))
  }
}
