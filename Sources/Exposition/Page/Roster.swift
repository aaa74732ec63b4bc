// The series of a family that are written from one array of labels: what each was worth last, and where it stands.
//
// Where it stands is its index at first. Bytes are kept by the block, so one series that changes makes 255 others be written (and compressed)
// anew; mostly it is the same series that change from scrape to scrape. Those are moved together to the end of the family when that makes
// far fewer blocks change. The order of series within a family means nothing to a scraper.

/// The series of one array, by their index in it.
struct Roster: Sendable {
  private var labels: [Labels] = []
  /// The bits of each value.
  private var values: [UInt64] = []
  /// The collection in which each changed last.
  private var changes: [UInt32] = []
  /// Where each stands in the family; empty while that is its index.
  private var places: [Int32] = []
  /// The collection in which the series were sorted last, or came.
  private var sorted: UInt32 = 0

  private static let blockSize = Block.capacity(.gauge)
  /// Smaller families are left in their order.
  private static let leastSorted = 4 * blockSize
  /// So many collections lie between two sortings, since one costs as much as writing the family anew.
  private static let rest: UInt32 = 8
  /// What changed within so many collections is taken to change often.
  private static let memory: UInt32 = 4

  /// Compares the values of all series with those of the last collection, and hands on each series that is new or another, with its place.
  mutating func update(
    _ labels: [Labels], _ collection: UInt32, _ value: (_ index: Int) -> Double?, _ put: (_ series: Series, _ place: Int) -> Void
  ) {
    follow(labels, collection)
    let known = values.count
    for index in labels.indices {
      let value = value(index)
      let bits = Self.bits(value)
      if index < known {
        if values[index] == bits { continue }
        values[index] = bits
        changes[index] = collection
      } else {
        values.append(bits)
        changes.append(collection)
        if !places.isEmpty { places.append(Int32(index)) }
      }
      put(Series(labels: labels[index], value: value.map(Series.Value.number) ?? .absent), place(of: index))
    }
    if isWorthSorting(collection) { sort(collection, put) }
  }

  /// Keeps what is known if the labels are the last ones, or the last ones and more.
  private mutating func follow(_ labels: [Labels], _ collection: UInt32) {
    // The old array is still held, so that another one cannot be where it is.
    if !labels.isIdentical(to: self.labels), !labels.starts(with: self.labels) { self = Roster() }
    if self.labels.isEmpty { sorted = collection }
    self.labels = labels
  }

  private func place(of index: Int) -> Int {
    places.isEmpty ? index : Int(places[index])
  }

  /// Whether far fewer blocks would change if what changes often stood together.
  private func isWorthSorting(_ collection: UInt32) -> Bool {
    guard values.count >= Self.leastSorted, collection &- sorted >= Self.rest else { return false }
    var isTouched = Array(repeating: false, count: values.count / Self.blockSize + 1)
    var often = 0
    for index in changes.indices {
      if changes[index] == collection { isTouched[place(of: index) / Self.blockSize] = true }
      if isOften(index, collection) { often += 1 }
    }
    return isTouched.count { $0 } > 2 * (often / Self.blockSize + 2)
  }

  /// Puts the series that change often behind the others, each part in the order of the array.
  private mutating func sort(_ collection: UInt32, _ put: (_ series: Series, _ place: Int) -> Void) {
    sorted = collection
    let often = labels.indices.filter { isOften($0, collection) }
    let order = labels.indices.filter { !isOften($0, collection) } + often
    places = Array(repeating: 0, count: order.count)
    for (place, index) in order.enumerated() {
      places[index] = Int32(place)
      put(Series(labels: labels[index], value: Self.value(values[index])), place)
    }
  }

  private func isOften(_ index: Int, _ collection: UInt32) -> Bool {
    collection &- changes[index] < Self.memory
  }

  // MARK: Values as bits

  /// A NaN that no value has: theirs are all written alike, so they are made alike.
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
  /// Whether the other is this very array and not only an equal one.
  fileprivate func isIdentical(to other: Array) -> Bool {
    withUnsafeBufferPointer { this in
      other.withUnsafeBufferPointer { this.baseAddress == $0.baseAddress && this.count == $0.count }
    }
  }
}
