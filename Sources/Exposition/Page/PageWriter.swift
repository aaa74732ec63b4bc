// The writer for collectors and instruments. It compares their samples with the page of the last collection, so that
// nothing is written twice.

/// Writes samples, family by family: ``begin(_:)`` a family, write its samples, then begin the next.
///
/// ```swift
/// page.begin(Family(name: "queue_length", type: .gauge, help: "Jobs that wait."))
/// page.sample(Labels(["queue": "mail"]), 3)
/// ```
/// A family that is on the page already is left out with all its samples (Prometheus refuses some pages that name a
/// family twice), and the registry counts an error. A family without samples is not on the page. A sample that did not
/// change costs no allocation.
public struct PageWriter: ~Copyable {
  /// The position of the writer in the page.
  private enum Place {
    /// Before the first family.
    case outside
    /// In a family that is on the page already: its samples are dropped.
    case leftOut(Family)
    /// In a family: `sheet`, `block` and `position` are those of the next series.
    case inside
  }

  /// A point to go back to.
  struct Mark {
    fileprivate let sheets: Int
    fileprivate let begun: Int
  }

  /// The sheets of the last collection; nil for the ones that this collection has reached.
  private var known: [Sheet?]
  /// The position in `known` where the next family is expected.
  private var expected = 0
  /// The positions in `known` by name; made when a family is not at its expected position.
  private var index: [String: Int]?
  /// The number of this collection.
  private let collection: UInt32
  /// The finished sheets.
  private var sheets: [Sheet] = []

  private var place = Place.outside
  private var sheet: Sheet
  private var block = Block()
  private var blockNumber = 0
  private var position = 0
  private var capacity: Int { Block.capacity(sheet.family.type) }
  /// Whether the current family began with an array of labels.
  private var hasRoster = false

  /// The families that were left out since the last call of ``takeDuplicates()``, because one of their names was on the
  /// page already.
  private var duplicates: [String] = []
  /// The names that must not be begun: the reserved ones and the ones begun so far.
  private var taken: Set<String>
  /// The begun names, in order, to go back to a mark.
  private var begun: [String] = []

  /// A writer that continues from the sheets of the last collection.
  ///
  /// - Parameter reserved: The names that ``begin(_:)`` leaves out; ``beginReserved(_:)`` is for their owner.
  init(_ known: consuming [Sheet], reserved: Set<String>, collection: UInt32) {
    self.known = known
    self.collection = collection
    taken = reserved
    sheet = Sheet(Self.nothing)
  }

  private static let nothing = Family(name: "nothing", type: .gauge, help: "Stands where no family is.")

  /// Begins a family, whose header comes before its first sample.
  public mutating func begin(_ family: Family) {
    let names = family.takenNames
    guard !names.contains(where: taken.contains) else {
      close()
      duplicates.append(family.name)
      place = .leftOut(family)
      return
    }
    begun.append(contentsOf: names)
    taken.formUnion(names)
    beginReserved(family)
  }

  /// Begins a family whose names are reserved.
  mutating func beginReserved(_ family: Family) {
    close()
    sheet = takeKnown(family) ?? Sheet(family)
    blockNumber = 0
    position = 0
    hasRoster = false
    block = sheet.takeBlock(0)
    place = .inside
  }

  /// Writes a sample of the current family. If the family is a histogram, or no family was begun, the program stops
  /// with a message.
  public mutating func sample(_ labels: Labels, _ value: Double) {
    guard enters(histogram: false) else { return }
    put(Series(labels: labels, value: .number(value)))
  }

  /// Writes a sample of a counter with an exemplar or a start time. For other types it is a plain sample.
  ///
  /// - Parameters:
  ///   - exemplar: The last counted event; nil: none.
  ///   - since: The start time of the counter, in seconds since 1970; nil: that of the registry.
  public mutating func sample(_ labels: Labels, _ value: Double, exemplar: Exemplar?, since: Double? = nil) {
    guard sheet.family.type == .counter, exemplar != nil || since != nil else { return sample(labels, value) }
    guard enters(histogram: false) else { return }
    put(Series(labels: labels, value: exemplar.map { .counted(value, $0) } ?? .number(value), since: since))
  }

  /// Writes a sample of the current family, as ``sample(_:_:)-(_,Double)`` does.
  public mutating func sample(_ labels: Labels, _ value: Int) {
    sample(labels, Double(value))
  }

  /// Writes a sample of the current family, as ``sample(_:_:)-(_,Double)`` does. Scrapers hold it as a floating-point
  /// number, exact up to 2^53.
  public mutating func sample(_ labels: Labels, _ value: UInt64) {
    sample(labels, Double(value))
  }

  /// Writes a sample of the current family: 1 for true, 0 for false.
  public mutating func sample(_ labels: Labels, _ value: Bool) {
    sample(labels, value ? 1.0 : 0)
  }

  /// Writes many samples of the current family: one for each element of `labels` that has a value.
  ///
  /// This is the fast way to write many series: if the labels are the array of the last collection, or that array with
  /// more elements at the end, only values are compared. If the array is written first in its family, its series have
  /// no fixed order on the page: series that change often are moved together.
  public mutating func samples(_ labels: [Labels], _ value: (_ index: Int) -> Double?) {
    samples(labels, since: { _ in nil }, value)
  }

  /// Writes many samples of the current family in the same way.
  ///
  /// - Parameter since: The start time of each, if it is a counter; nil: that of the registry.
  public mutating func samples(_ labels: [Labels], since: (_ index: Int) -> Double?, _ value: (_ index: Int) -> Double?) {
    guard enters(histogram: false) else { return }
    guard blockNumber == 0, position == 0 else {
      for index in labels.indices { value(index).map { sample(labels[index], $0, exemplar: nil, since: since(index)) } }
      return
    }
    sheet.putBack(block, 0)
    block = Block()
    sheet.update(labels, collection, since, value)
    hasRoster = true
    blockNumber = max(labels.count - 1, 0) / capacity
    position = labels.count - blockNumber * capacity
    block = sheet.takeBlock(blockNumber)
  }

  /// Writes the buckets, the sum and the count of a histogram. If the current family is not a histogram, or no family
  /// was begun, the program stops with a message.
  ///
  /// - Parameter since: The start time of the histogram, in seconds since 1970; nil: that of the registry.
  public mutating func histogram(_ labels: Labels, _ snapshot: HistogramSnapshot, since: Double? = nil) {
    guard enters(histogram: true) else { return }
    put(Series(labels: labels, value: .histogram(snapshot), since: since))
  }

  private mutating func put(_ series: Series) {
    if position == capacity { beginBlock() }
    block.put(series, at: position)
    position += 1
  }

  private mutating func beginBlock() {
    sheet.putBack(block, blockNumber)
    blockNumber += 1
    block = sheet.takeBlock(blockNumber)
    position = 0
  }

  /// Whether samples of the current family are kept. Stops the program if a histogram is written as a plain sample or a
  /// plain sample as a histogram.
  private func enters(histogram: Bool) -> Bool {
    switch place {
    case .inside:
      if histogram != (sheet.family.type == .histogram) { Self.refuse(sheet.family) }
      return true
    case .leftOut(let family):
      if histogram != (family.type == .histogram) { Self.refuse(family) }
      return false
    case .outside: fatalError("a sample was written before any family was begun")
    }
  }

  private static func refuse(_ family: Family) -> Never {
    fatalError(
      family.type == .histogram
        ? "a plain sample was written under histogram \(family.name)" : "a histogram was written under \(family.name), a \(family.type)")
  }
}

// MARK: Sheets

extension PageWriter {
  /// Ends the current family, so that the next collector cannot add to it by accident.
  mutating func close() {
    if case .inside = place {
      if !hasRoster { sheet.forgetRoster() }
      block.truncate(to: position)
      sheet.putBack(block, blockNumber)
      sheet.truncate(to: position > 0 ? blockNumber + 1 : blockNumber)
      if !sheet.blocks.isEmpty { sheets.append(sheet) }
      // No other reference may exist, since the sheet will be changed in place.
      sheet = Sheet(Self.nothing)
      block = Block()
    }
    place = .outside
  }

  /// Ends the page, and returns all sheets in the order of their families.
  consuming func finish() -> [Sheet] {
    close()
    return sheets
  }

  /// Takes the family's sheet of the last collection, which is usually the expected one.
  private mutating func takeKnown(_ family: Family) -> Sheet? {
    var position = expected
    if !isKnown(family, at: position) {
      if index == nil {
        index = Dictionary(known.enumerated().compactMap { entry in entry.element.map { ($0.family.name, entry.offset) } }) { first, _ in
          first
        }
      }
      guard let found = index?[family.name], isKnown(family, at: found) else { return nil }
      position = found
    }
    expected = position + 1
    var sheet: Sheet?
    swap(&sheet, &known[position])
    return sheet
  }

  private func isKnown(_ family: Family, at position: Int) -> Bool {
    position < known.count && known[position]?.family == family
  }

  /// The current end of the page.
  var mark: Mark { Mark(sheets: sheets.count, begun: begun.count) }

  /// Removes everything after the mark, and ends the current family.
  mutating func goBack(to mark: Mark) {
    close()
    sheets.removeLast(sheets.count - mark.sheets)
    taken.subtract(begun[mark.begun...])
    begun.removeLast(begun.count - mark.begun)
  }

  /// Returns the families that were left out since the last call, because their names were on the page already.
  mutating func takeDuplicates() -> [String] {
    defer { duplicates = [] }
    return duplicates
  }
}
