// The roster: the series of a family that are written from one array of labels, with their last values and their
// places.
//
// The place of a series is its index at first. Bytes are kept per block, so one changed series causes 255 others to be
// written (and compressed) again. Usually the same series change from scrape to scrape. They are moved together to the
// end of the family if far fewer blocks change then. The order of series within a family has no meaning for a scraper.

/// The series of one array, by their index in it.
struct Roster: Sendable {
  private var labels: [Labels] = []
  /// The bits of each value at the last collection.
  private var values: [UInt64] = []
  /// The bits of each start time; empty while no series has one of its own.
  private var starts: [UInt64] = []
  /// The collection in which each series changed last.
  private var changes: [UInt32] = []
  /// The place of each series in the family; empty while it is the index.
  private var places: [Int32] = []
  /// The collection in which the series were sorted last, or were new.
  private var sorted: UInt32 = 0

  private static let blockSize = Block.capacity(.gauge)
  /// The least number of series that are sorted; smaller families keep their order.
  private static let leastSorted = 4 * blockSize
  /// The least number of collections between two sortings, since one costs as much as writing the whole family.
  private static let leastCollectionsBetweenSorts: UInt32 = 8
  /// The number of collections within which a changed series counts as one that changes often.
  private static let collectionsThatCountAsOften: UInt32 = 4

  /// Compares the values of all series with those of the last collection, and puts each new or changed series at its
  /// place.
  mutating func update(
    _ labels: [Labels], _ collection: UInt32, _ since: (_ index: Int) -> Double?, _ value: (_ index: Int) -> Double?,
    _ put: (_ series: Series, _ place: Int) -> Void
  ) {
    follow(labels, collection)
    let known = values.count
    for index in labels.indices {
      let value = value(index)
      let bits = Self.bits(value)
      let begins = note(since(index), at: index)
      if index < known {
        if values[index] == bits, !begins { continue }
        values[index] = bits
        changes[index] = collection
      } else {
        values.append(bits)
        changes.append(collection)
        if !places.isEmpty { places.append(Int32(index)) }
      }
      put(series(index), place(of: index))
    }
    if isWorthSorting(collection) { sort(collection, put) }
  }

  /// Keeps the values if the labels are the last ones, or the last ones with more at the end; otherwise begins again.
  private mutating func follow(_ labels: [Labels], _ collection: UInt32) {
    // The old array is still held, so no other array can have its address.
    if !labels.isIdentical(to: self.labels), !labels.starts(with: self.labels) { self = Roster() }
    if self.labels.isEmpty { sorted = collection }
    self.labels = labels
  }

  /// Notes the start time of a series. Returns whether it is another one than before.
  private mutating func note(_ since: Double?, at index: Int) -> Bool {
    if since == nil, starts.isEmpty { return false }
    while starts.count <= max(index, values.count - 1) { starts.append(Series.bits(nil)) }
    let bits = Series.bits(since)
    defer { starts[index] = bits }
    return starts[index] != bits
  }

  private func series(_ index: Int) -> Series {
    Series(labels: labels[index], value: Self.value(values[index]), since: starts.isEmpty ? nil : Series.since(starts[index]))
  }

  private func place(of index: Int) -> Int {
    places.isEmpty ? index : Int(places[index])
  }

  /// Whether far fewer blocks would change if the series that change often were together.
  private func isWorthSorting(_ collection: UInt32) -> Bool {
    guard values.count >= Self.leastSorted, collection &- sorted >= Self.leastCollectionsBetweenSorts else { return false }
    var isTouched = Array(repeating: false, count: values.count / Self.blockSize + 1)
    var often = 0
    for index in changes.indices {
      if changes[index] == collection { isTouched[place(of: index) / Self.blockSize] = true }
      if isOften(index, collection) { often += 1 }
    }
    return isTouched.count { $0 } > 2 * (often / Self.blockSize + 2)
  }

  /// Puts the series that change often after the others, each part in the order of the array.
  private mutating func sort(_ collection: UInt32, _ put: (_ series: Series, _ place: Int) -> Void) {
    sorted = collection
    let often = labels.indices.filter { isOften($0, collection) }
    let order = labels.indices.filter { !isOften($0, collection) } + often
    places = Array(repeating: 0, count: order.count)
    for (place, index) in order.enumerated() {
      places[index] = Int32(place)
      put(series(index), place)
    }
  }

  private func isOften(_ index: Int, _ collection: UInt32) -> Bool {
    collection &- changes[index] < Self.collectionsThatCountAsOften
  }

  // MARK: Values as bits

  /// The bits of an absent value: a NaN that no value has, since every NaN is replaced by the standard one.
  private static let absent = Double(nan: 1, signaling: false).bitPattern

  private static func bits(_ value: Double?) -> UInt64 {
    guard let value else { return absent }
    return value.isNaN ? Double.nan.bitPattern : value.bitPattern
  }

  private static func value(_ bits: UInt64) -> Series.Value {
    bits == absent ? .absent : .number(Double(bitPattern: bits))
  }
}

extension Array {
  /// Whether the other array has the same memory, and is not only equal.
  fileprivate func isIdentical(to other: Array) -> Bool {
    withUnsafeBufferPointer { this in
      other.withUnsafeBufferPointer { this.baseAddress == $0.baseAddress && this.count == $0.count }
    }
  }
}
