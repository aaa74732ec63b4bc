// What collectors and instruments write with. It compares what they say with what the page knows, so that nothing is written twice.

/// Writes samples of families, all of one family together: ``begin(_:)`` a family, then its samples, then begin the next.
///
/// ```swift
/// page.begin(Family(name: "queue_length", type: .gauge, help: "Jobs that wait."))
/// page.sample(Labels(["queue": "mail"]), 3)
/// ```
/// A family that was on the page already is left out with all its samples (Prometheus refuses some pages that name one twice) and
/// noted for the registry to count. One that has no samples leaves no trace. A sample that is what it was costs no allocation.
public struct PageWriter: ~Copyable {
  /// Where in the page the writer is.
  private enum Place {
    /// Before the first family.
    case outside
    /// In a family that was there before: its samples go nowhere.
    case leftOut(Family)
    /// In a family: its sheet, and the block and the position where the next series belongs.
    case inside
  }

  /// A point to go back to.
  struct Mark {
    fileprivate let sheets: Int
    fileprivate let begun: Int
  }

  /// The sheets of the last collection that this one has not come to yet; those taken out are empty.
  private var known: [Sheet?]
  /// Where among the known the next family is looked for first.
  private var expected = 0
  /// Positions among the known by name; made when a family is not where it was the last time.
  private var index: [String: Int]?
  /// The number of this collection.
  private let collection: UInt32
  /// The sheets that are done.
  private var sheets: [Sheet] = []

  private var place = Place.outside
  private var sheet: Sheet
  private var block = Block()
  private var blockNumber = 0
  private var position = 0
  private var capacity: Int { Block.capacity(sheet.family.type) }
  /// Whether the present family began with an array of labels.
  private var hasRoster = false

  /// Families left out since ``takeDuplicates()`` was last called, because a name of theirs was on the page before.
  private var duplicates: [String] = []
  /// Names that may not be begun again: those that were reserved and those begun so far.
  private var taken: Set<String>
  /// The names begun, in their order, to go back to a mark.
  private var begun: [String] = []

  /// Goes on from the sheets of the last collection.
  ///
  /// - Parameter reserved: names that ``begin(_:)`` leaves out; ``beginReserved(_:)`` is for their owner.
  init(_ known: consuming [Sheet], reserved: Set<String>, collection: UInt32) {
    self.known = known
    self.collection = collection
    taken = reserved
    sheet = Sheet(Self.nothing)
  }

  private static let nothing = Family(name: "nothing", type: .gauge, help: "Stands where no family is.")

  /// Begins a family: its header stands before its first sample.
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

  /// Begins a family whose names were reserved when the page was.
  mutating func beginReserved(_ family: Family) {
    close()
    sheet = takeKnown(family) ?? Sheet(family)
    blockNumber = 0
    position = 0
    hasRoster = false
    block = sheet.takeBlock(0)
    place = .inside
  }

  /// Writes a sample of the present family, which is no histogram (that stops the program, as does a sample of no family).
  public mutating func sample(_ labels: Labels, _ value: Double) {
    guard enters(histogram: false) else { return }
    put(Series(labels: labels, value: .number(value)))
  }

  /// Writes a sample of a counter with more to say; of other types it is a plain sample.
  ///
  /// - Parameters:
  ///   - exemplar: the event that the last of what it counts was.
  ///   - since: when it began to count, in seconds since 1970; nil: when the registry's counters did.
  public mutating func sample(_ labels: Labels, _ value: Double, exemplar: Exemplar?, since: Double? = nil) {
    guard sheet.family.type == .counter, exemplar != nil || since != nil else { return sample(labels, value) }
    guard enters(histogram: false) else { return }
    put(Series(labels: labels, value: .counted(value, exemplar, since: since.map(UnixTime.inRange))))
  }

  /// Writes a sample of the present family, as ``sample(_:_:)-(_,Double)`` does.
  public mutating func sample(_ labels: Labels, _ value: Int) {
    sample(labels, Double(value))
  }

  /// Writes a sample of the present family, as ``sample(_:_:)-(_,Double)`` does. Scrapers hold it as a floating-point number, exact up to 2^53.
  public mutating func sample(_ labels: Labels, _ value: UInt64) {
    sample(labels, Double(value))
  }

  /// Writes a sample of the present family: 1 for true, 0 for false.
  public mutating func sample(_ labels: Labels, _ value: Bool) {
    sample(labels, value ? 1.0 : 0)
  }

  /// Writes the family's samples, one for each of the labels that has a value.
  ///
  /// This is how many series are written fast: as long as the labels are in the array of the last collection, or in it and more behind, only
  /// values are compared. Written first in its family, such an array has no fixed order on the page: what changes often is moved together.
  public mutating func samples(_ labels: [Labels], _ value: (_ index: Int) -> Double?) {
    guard enters(histogram: false) else { return }
    guard blockNumber == 0, position == 0 else {
      for index in labels.indices { value(index).map { sample(labels[index], $0) } }
      return
    }
    sheet.putBack(block, 0)
    block = Block()
    sheet.update(labels, collection, value)
    hasRoster = true
    blockNumber = max(labels.count - 1, 0) / capacity
    position = labels.count - blockNumber * capacity
    block = sheet.takeBlock(blockNumber)
  }

  /// Writes a histogram's buckets, sum and count; the present family is a histogram (anything else stops the program).
  public mutating func histogram(_ labels: Labels, _ snapshot: HistogramSnapshot) {
    guard enters(histogram: true) else { return }
    put(Series(labels: labels, value: .histogram(snapshot)))
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

  /// Whether the present family takes a sample. Stops the program when a histogram is written as a plain sample or the other way round.
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
  /// Leaves the present family, so that the next writer cannot add to it by accident.
  mutating func close() {
    if case .inside = place {
      if !hasRoster { sheet.forgetRoster() }
      block.truncate(to: position)
      sheet.putBack(block, blockNumber)
      sheet.truncate(to: position > 0 ? blockNumber + 1 : blockNumber)
      if !sheet.blocks.isEmpty { sheets.append(sheet) }
      // Nothing else may hold what will be changed in place.
      sheet = Sheet(Self.nothing)
      block = Block()
    }
    place = .outside
  }

  /// The page: all sheets, in the order of their families.
  consuming func finish() -> [Sheet] {
    close()
    return sheets
  }

  /// The sheet that the family had at the last collection, which mostly is the next one.
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

  /// The present end of the page.
  var mark: Mark { Mark(sheets: sheets.count, begun: begun.count) }

  /// Takes back everything written since the mark; no family is present any more.
  mutating func goBack(to mark: Mark) {
    close()
    sheets.removeLast(sheets.count - mark.sheets)
    taken.subtract(begun[mark.begun...])
    begun.removeLast(begun.count - mark.begun)
  }

  /// The families left out since the last call because their names were on the page before.
  mutating func takeDuplicates() -> [String] {
    defer { duplicates = [] }
    return duplicates
  }
}
