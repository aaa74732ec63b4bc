// Series of one array: only changes are written, and series that change often are moved together.
import Testing

@testable import Exposition

@Suite("Series of one array")
struct RosterTests {
  private let family = Family(name: "jobs", type: .gauge, help: "Jobs.")
  private let labels = (0..<2_560).map { Labels(["n": "\($0)"]) }

  /// One collection of the family.
  private func collect(_ page: inout Page, _ labels: [Labels], _ value: (Int) -> Double?) {
    page.collect(reserved: []) {
      $0.begin(family)
      $0.samples(labels, value)
    }
  }

  /// The values on the page: one for each `n`, which must be there once.
  private func values(_ page: inout Page) throws -> [Int: Double] {
    var values: [Int: Double] = [:]
    for line in page.text().split(separator: "\n") where !line.hasPrefix("#") {
      let parts = line.split(separator: "\"")
      let number = try #require(Int(parts[1]))
      let value = try #require(Double(parts[2].dropFirst(2)))
      #expect(values.updateValue(value, forKey: number) == nil, "\(line) is there twice")
    }
    return values
  }

  /// The blocks of 256 lines that differ from an earlier text.
  private func blocksChanged(_ before: String, _ after: String) -> Int {
    let pairs = zip(before.split(separator: "\n"), after.split(separator: "\n")).dropFirst(2)
    return Set(pairs.enumerated().filter { $0.element.0 != $0.element.1 }.map { $0.offset / 256 }).count
  }

  @Test("those that change at every scrape come to stand together, and every value stays right meanwhile")
  func sorting() throws {
    var page = Page()
    var before = ""
    var changed: [Int] = []
    for scrape in 0..<30 {
      collect(&page, labels) { Double($0.isMultiple(of: 10) ? scrape : $0) }
      #expect(
        try values(&page) == Dictionary(uniqueKeysWithValues: labels.indices.map { ($0, Double($0.isMultiple(of: 10) ? scrape : $0)) }))
      let text = page.text()
      if scrape > 0 { changed.append(blocksChanged(before, text)) }
      before = text
    }
    #expect(changed.first == 10)
    #expect(changed.last == 1)
  }

  @Test("when others change instead, these are moved together in their turn")
  func movingOn() throws {
    var page = Page()
    var before = ""
    var changed = 0
    for scrape in 0..<60 {
      let digit = scrape < 30 ? 0 : 7
      collect(&page, labels) { Double($0 % 10 == digit ? scrape : 0) }
      let text = page.text()
      changed = blocksChanged(before, text)
      before = text
    }
    #expect(changed <= 2, "of ten")
    #expect(try values(&page).filter { $0.value != 0 }.count == 256)
  }

  @Test("where all change, or few families are large, the order is that of the array")
  func leftAlone() {
    var page = Page()
    for scrape in 0..<20 { collect(&page, labels) { Double($0 + scrape) } }
    let order = page.text().split(separator: "\n").dropFirst(2).map { $0.split(separator: "\"")[1] }
    #expect(order == labels.indices.map { "\($0)"[...] })
    let few = Array(labels.prefix(1_000))
    var small = Page()
    for scrape in 0..<20 { collect(&small, few) { Double($0.isMultiple(of: 10) ? scrape : 0) } }
    #expect(small.text().split(separator: "\n").dropFirst(2).map { $0.split(separator: "\"")[1] } == few.indices.map { "\($0)"[...] })
  }

  @Test("an array that has grown, shrunk or been replaced is followed, before and after sorting")
  func arrays() throws {
    var page = Page()
    var random = SplitMix(state: 7)
    var present = Array(labels.prefix(1_500))
    for scrape in 0..<60 {
      switch random.next() % 6 {
      case 0: present.append(contentsOf: labels.dropFirst(present.count).prefix(Int(random.next() % 40)))
      case 1 where scrape > 20: present.removeLast(Int(random.next() % 20))
      case 2 where scrape > 40: present = Array(present)
      default: break
      }
      collect(&page, present) { $0.isMultiple(of: 9) ? Double(scrape) : $0.isMultiple(of: 7) ? nil : 1 }
      var expected: [Int: Double] = [:]
      for index in present.indices {
        if index.isMultiple(of: 9) { expected[index] = Double(scrape) } else if !index.isMultiple(of: 7) { expected[index] = 1 }
      }
      #expect(try values(&page) == expected)
    }
  }

  @Test("samples written one by one in between are not mistaken for those of the array")
  func mixed() throws {
    var page = Page()
    for scrape in 0..<40 {
      if scrape % 11 == 10 {
        page.collect(reserved: []) {
          $0.begin(family)
          for (index, labels) in labels.enumerated() { $0.sample(labels, Double(-index)) }
        }
        #expect(try values(&page)[2_559] == -2_559)
      } else {
        page.collect(reserved: []) {
          $0.begin(family)
          $0.samples(labels) { Double($0.isMultiple(of: 10) ? scrape : $0) }
          $0.sample(Labels(["n": "9999"]), Double(scrape))
        }
        let found = try values(&page)
        #expect(found.count == 2_561 && found[10] == Double(scrape) && found[11] == 11 && found[9_999] == Double(scrape))
      }
    }
  }
}
