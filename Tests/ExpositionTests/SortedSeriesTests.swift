// Large families written from one array, whose series are sorted: no series is lost, and none is there twice.
import Testing

@testable import Exposition

@Suite("Sorted series")
struct SortedSeriesTests {
  static let family = Family(name: "level", type: .gauge, help: "Levels.")

  /// Labels and values that change from step to step, by a seed.
  private struct Levels {
    var random: SplitMix
    var labels: [Labels]
    var values: [Double?]
    /// The series that change in each step.
    var busy: [Int]
    /// The series after those of the array.
    var others = 0
    /// The manner of writing. 0: one by one; 1: after a series that is there only this time.
    var manner: UInt64 = 2

    init(seed: UInt64) {
      random = SplitMix(state: seed)
      labels = (0..<1100).map { Labels(["name": "n\($0)"]) }
      values = labels.map { _ in 0 }
      busy = []
      chooseBusy()
    }

    mutating func chooseBusy() {
      busy = (0..<20).map { _ in Int(random.next() % UInt64(labels.count)) }
    }

    mutating func step() {
      for index in busy where index < values.count { values[index] = number() }
      switch random.next() % 30 {
      case 0: chooseBusy()
      case 1:
        // More elements at the end: the array begins as before.
        for _ in 0..<(random.next() % 100) {
          labels.append(Labels(["name": "n\(labels.count)", "step": "\(random.next())"]))
          values.append(number())
        }
      case 2:
        let count = 1000 + Int(random.next() % 100)
        labels = Array(labels.prefix(count))
        values = Array(values.prefix(count))
      case 3:
        let place = Int(random.next() % UInt64(labels.count))
        labels.remove(at: place)
        values.remove(at: place)
      case 4: others = Int(random.next() % 3)
      case 5: labels = labels.map { $0 }
      default: break
      }
      manner = random.next() % 16
    }

    private mutating func number() -> Double? {
      switch random.next() % 8 {
      case 0: nil
      case 1: .nan
      case 2: .infinity
      default: Double(random.next() % 100)
      }
    }

    func write(into page: inout PageWriter) {
      page.begin(SortedSeriesTests.family)
      if manner == 0 {
        for index in labels.indices.reversed() { page.sample(labels[index], values[index] ?? 0) }
      } else {
        if manner == 1 { page.sample(Labels(["once": "here"]), 1) }
        page.samples(labels) { values[$0] }
      }
      for index in 0..<others { page.sample(Labels(["other": "\(index)"]), Double(index)) }
    }

    /// The lines of a page that is made from the beginning.
    var lines: [Substring] {
      var page = Page()
      page.collect(reserved: []) { write(into: &$0) }
      return SortedSeriesTests.lines(page.write(Style(format: .text), MediaType(.text), names: nil, gzip: false))
    }
  }

  /// The lines of a page, sorted.
  private static func lines(_ page: RenderedPage) -> [Substring] {
    page.text.split(separator: "\n").sorted()
  }

  @Test("after any change the page has the lines of a page made from the beginning, in any order", arguments: UInt64(1)...3)
  func equalsFreshPage(seed: UInt64) throws {
    var levels = Levels(seed: seed)
    var kept = Page()
    for step in 0..<40 {
      levels.step()
      kept.collect(reserved: []) { levels.write(into: &$0) }
      let page = kept.write(Style(format: .text), MediaType(.text), names: nil, gzip: false)
      let isSame = Self.lines(page) == levels.lines
      try #require(isSame, "seed \(seed), step \(step)")
    }
  }
}
