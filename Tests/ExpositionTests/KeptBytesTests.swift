// The parts that are written again after a change: as few as possible. Parts of two pages in the same memory were
// written once.
import Testing

@testable import Exposition

@Suite("Kept bytes")
struct KeptBytesTests {
  static let formats = [MediaType.Format.text, .openMetrics1, .protobuf]

  /// A registry with three blocks of gauges written as an array, two of counters written one by one, two of histograms,
  /// and small families of instruments.
  private final class Node {
    let registry = Registry(since: 0)
    let gauges = Level(600)
    let counters = Level(300)
    let histograms = (0..<40).map { _ in Histogram(bounds: [1, 2], native: NativeBuckets()) }
    let requests = LabelledCounter("code")
    let names = (0..<600).map { Labels(["name": "\($0)"]) }

    init() {
      for code in ["200", "404", "500"] { requests[code].increment() }
      let (gauges, counters, histograms, names) = (gauges, counters, histograms, names)
      registry.register(
        Closure(name: "all") { page in
          page.begin(Family(name: "gauges", type: .gauge, help: "Gauges."))
          page.samples(names) { gauges[$0] }
          page.begin(Family(name: "counters_total", type: .counter, help: "Counters."))
          for index in 0..<300 { page.sample(names[index], counters[index] ?? 0) }
          page.begin(Family(name: "waits_seconds", type: .histogram, help: "Histograms."))
          for index in 0..<40 { page.histogram(names[index], histograms[index].snapshot()) }
        })
      registry.register(requests, as: Family(name: "requests_total", type: .counter, help: "Requests."))
    }

    /// The numbers of the parts that another collection, after `change` alone, writes again.
    func rewritten(_ format: MediaType.Format, gzip: Bool = false, by change: () -> Void) -> [Int] {
      let before = registry.render(as: MediaType(format), gzip: gzip)
      change()
      let after = registry.render(as: MediaType(format), gzip: gzip)
      return after.parts.indices.filter { $0 >= before.parts.count || !isSameMemory(before.parts[$0], after.parts[$0]) }
    }
  }

  @Test("when nothing changed nothing is written", arguments: formats)
  func nothing(format: MediaType.Format) {
    let node = Node()
    #expect(node.registry.render(as: MediaType(format)).parts.count == 4 + 3 + 2 + 2 + 1 + (format == .openMetrics1 ? 1 : 0))
    // `# EOF` is not kept.
    #expect(node.rewritten(format) {} == (format == .openMetrics1 ? [12] : []))
  }

  @Test("a value that changed has its block written and no other", arguments: formats)
  func oneValue(format: MediaType.Format) {
    let node = Node()
    let end = format == .openMetrics1 ? [12] : []
    #expect(node.rewritten(format) { node.gauges[300] = 5 } == [2] + end)
    #expect(node.rewritten(format) { node.gauges[599] = nil } == (format == .protobuf ? [0, 3] : [3]) + end)
    #expect(node.rewritten(format) { node.counters[0] = 9 } == [5] + end)
    #expect(node.rewritten(format) { node.requests["404"].increment() } == [11] + end)
    // In protobuf the length of a family comes before its series.
    #expect(node.rewritten(format) { node.histograms[39].observe(1) } == (format == .protobuf ? [7, 9] : [9]) + end)
  }

  @Test("an observation that leaves a histogram's sum as it was is on the next page", arguments: [0, Double.infinity, .nan])
  func sameSum(value: Double) {
    let wait = Histogram(bounds: [1])
    let registry = Registry()
    registry.register(wait, as: Family(name: "wait_seconds", type: .histogram, help: "Waits."))
    for count in 1...3 {
      wait.observe(value)
      #expect(registry.render().text.hasSuffix("_count \(count)\n"))
    }
  }

  @Test("of a compressed page only the sections are compressed that hold something new", arguments: formats)
  func sections(format: MediaType.Format) {
    let registry = Registry(since: 0)
    let gauges = Level(600)
    let names = (0..<600).map { Labels(["name": "\($0)", "path": String(repeating: "/", count: 300)]) }
    registry.register(
      Closure(name: "gauges") { page in
        page.begin(Family(name: "gauges", type: .gauge, help: "Gauges."))
        page.samples(names) { gauges[$0] }
      })
    let before = registry.render(as: MediaType(format), gzip: true)
    gauges[300] = 5
    let after = registry.render(as: MediaType(format), gzip: true)
    #expect(before.size > 128 << 10 && after.isGzipped)
    // A header, a section of the first block, one of the second, one of the third, and the trailer.
    #expect(after.parts.count == 5)
    #expect(after.parts.indices.filter { !isSameMemory(before.parts[$0], after.parts[$0]) } == [2, 4])
    #expect(gunzipped(after.joined) == registry.write(as: MediaType(format)).joined)
  }

  @Test("a page that is being sent does not change with the next one", arguments: formats)
  func snapshots(format: MediaType.Format) {
    let node = Node()
    for gzip in [false, true] {
      let page = node.registry.render(as: MediaType(format), gzip: gzip)
      let copy = page.joined
      for index in 0..<300 {
        node.gauges[index * 2] = Double(index)
        node.counters[index] = Double(index)
      }
      _ = node.registry.render(as: MediaType(format), gzip: gzip)
      #expect(page.joined == copy)
    }
  }

  @Test("the lines of families without exemplars are written once for text and OpenMetrics")
  func shared() {
    let node = Node()
    let text = node.registry.render()
    let openMetrics = node.registry.write(as: MediaType(.openMetrics1))
    #expect(text.parts.indices.filter { isSameMemory(text.parts[$0], openMetrics.parts[$0]) } == [1, 2, 3, 5, 6, 8, 9, 11])
  }

  @Test("a series that is no longer written is gone from the next page, in every format")
  func gone() {
    let levels = LabelledGauge("name")
    let waits = LabelledHistogram("name", bounds: [1])
    let registry = Registry()
    registry.register(levels, as: Family(name: "level", type: .gauge, help: "Levels."))
    registry.register(waits, as: Family(name: "wait_seconds", type: .histogram, help: "Waits."))
    for number in 0..<300 {
      levels["first\(number)"].set(1)
      waits["first\(number)"].observe(1)
    }
    for gone in ["first0", "first299", "first256", "first255", "first7"] {
      for format in Self.formats { #expect(registry.render(as: MediaType(format)).holds(gone)) }
      levels.remove(gone)
      waits.remove(gone)
      registry.collect()
      for type in Self.formats.flatMap({ [MediaType($0), MediaType($0, escaping: .dots)] }) {
        #expect(!registry.write(as: type).holds(gone), "\(gone) is in \(type)")
        #expect(registry.write(as: type).holds("first100"))
      }
    }
  }

  @Test("a family that is no longer written is gone with its header, and back when it is written again")
  func family() {
    let isThere = Level(1)
    let registry = Registry()
    registry.register(as: Family(name: "level", type: .gauge, help: "Levels.")) { isThere[0] }
    registry.register(
      Closure(name: "closure") { page in
        guard isThere[0] != nil else { return }
        page.begin(Family(name: "waits", type: .gauge, help: "Waits."))
        page.sample(.none, 1)
      })
    let page = registry.render()
    for _ in 0..<2 {
      isThere[0] = nil
      #expect(registry.render().bytes.isEmpty)
      isThere[0] = 0
      #expect(registry.render().bytes == page.bytes)
    }
  }
}

extension RenderedPage {
  /// Whether a label has this value, as text between quotes or as the bytes of a message.
  fileprivate func holds(_ value: String) -> Bool {
    type.format == .protobuf
      ? text.contains("\u{12}\(Character(UnicodeScalar(UInt8(value.utf8.count))))\(value)") : text.contains("\"\(value)\"")
  }
}
