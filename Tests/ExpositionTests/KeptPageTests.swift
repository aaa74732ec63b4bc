// Pages that are kept between scrapes: after any change they equal a page that was made for one scrape alone.
import Testing

@testable import Exposition

@Suite("Kept pages")
struct KeptPageTests {
  /// The formats of the pages. OpenMetrics 0.0.1 has the same bytes as 1.0.0, and escaping schemes that change nothing
  /// have the bytes of no escaping.
  private static let types = [MediaType.Format.text, .openMetrics1, .protobuf].flatMap { [MediaType($0), MediaType($0, escaping: .dots)] }

  @Test("after every change a kept page is byte for byte the page that is made from nothing, compressed too", arguments: UInt64(1)...13)
  func equalsFreshPage(seed: UInt64) throws {
    let isLarge = seed % 4 == 0
    let world = ChangingWorld(seed: seed, isLarge: isLarge)
    var random = SplitMix(state: seed)
    let kept = [false, true].map { world.registry(createdSamples: $0) }
    for step in 0..<(isLarge ? 12 : 50) {
      world.step()
      for registry in kept {
        let createdSamples = registry === kept[1]
        let fresh = world.registry(createdSamples: createdSamples)
        registry.collect()
        fresh.collect()
        for type in Self.types where !createdSamples || type.format == .openMetrics1 {
          // Not every format is requested each time, as not every scraper comes between two collections.
          guard random.next() % 3 > (type.escaping == nil ? 0 : 1) else { continue }
          let names = random.next() % 6 == 0 ? world.someNames(&random) : []
          let page = registry.write(as: type, names: names)
          let expected = fresh.write(as: type, names: names)
          let place = "seed \(seed), step \(step), \(type), created samples \(createdSamples), names \(names)"
          try expectSame(page.joined, expected.joined, place)
          #expect(page.series == expected.series && page.families == expected.families && page.size == expected.joined.count, "\(place)")
          let compressed = registry.write(as: type, names: names, gzip: true)
          let inflated = try #require(gunzipped(compressed.joined), "\(place): not one whole gzip member")
          try expectSame(inflated, expected.joined, place)
        }
      }
    }
  }
}
