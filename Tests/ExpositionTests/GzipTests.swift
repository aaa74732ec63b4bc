// Compressed pages: always exactly one whole gzip member.
import Testing

@testable import Exposition

@Suite("Gzip")
struct GzipTests {
  /// A registry of one family of gauges, some of which have a value.
  private static func registry(_ count: Int, length: Int = 0, _ value: @escaping @Sendable (Int) -> Double?) -> Registry {
    let labels = (0..<count).map { Labels([("name", "\($0)"), ("path", String(repeating: "/\($0)", count: length))]) }
    let registry = Registry()
    registry.register(
      Closure(name: "levels") { page in
        page.begin(Family(name: "level", type: .gauge, help: "Levels."))
        page.samples(labels, value)
      })
    return registry
  }

  @Test("pages of every size inflate to themselves", arguments: [0, 1, 2, 255, 256, 257, 512, 600, 1000])
  func sizes(count: Int) {
    for length in [0, 50] {
      let registry = Self.registry(count, length: length) { Double($0) }
      for format in MediaType.Format.allCases {
        for names in [[], ["level"], ["nobody"]] as [Set<String>] {
          let page = registry.render(as: MediaType(format), names: names, gzip: true)
          let plain = registry.write(as: MediaType(format), names: names)
          #expect(gunzipped(page.joined) == plain.joined, "\(count) series of \(length), \(format), \(names)")
          #expect(page.isGzipped && !plain.isGzipped && page.size == plain.joined.count)
        }
      }
    }
  }

  @Test("a page that shrinks by a section, grows again and changes in between is whole each time")
  func shrinks() {
    let count = Level(1)
    let labels = (0..<900).map { Labels([("name", "\($0)"), ("path", String(repeating: "/", count: 300))]) }
    let registry = Registry()
    registry.register(
      Closure(name: "levels") { page in
        page.begin(Family(name: "level", type: .gauge, help: "Levels."))
        for index in 0..<Int(count[0] ?? 0) { page.sample(labels[index], count[0] ?? 0) }
      })
    for number in [900.0, 899, 300, 257, 256, 1, 0, 512, 900] {
      count[0] = number
      let page = registry.render(gzip: true)
      #expect(gunzipped(page.joined) == registry.write().joined, "\(number) series")
    }
  }

  @Test("a member that is cut, has bytes after it, or has another sum is not accepted")
  func checks() {
    let page = Self.registry(10) { Double($0) }.render(gzip: true).joined
    #expect(gunzipped(page) != nil)
    #expect(gunzipped(page.dropLast()) == nil && gunzipped(page + [0]) == nil && gunzipped(page + page) == nil)
    for place in [page.count - 8, page.count - 1] {
      var other = page
      other[place] ^= 1
      #expect(gunzipped(other) == nil)
    }
  }

  @Test("a block of which no series has a value is compressed like any other", arguments: [0, 256, 512])
  func emptyBlock(first: Int) async {
    await #expect(processExitsWith: .success) { [first] in
      let registry = GzipTests.registry(600) { (first..<(first + 256)).contains($0) ? nil : 1 }
      let page = registry.render(gzip: true)
      guard gunzipped(page.joined) == registry.write().joined else { fatalError("the page is another") }
    }
  }
}
