// Numbers as the exposition formats spell them.

extension ByteCursor {
  /// Room for the longest number: `-2.2250738585072014e-308` has 24 bytes.
  static let longestNumber = 32

  /// Puts a value: integers below 2^53 without a point, others in the fewest digits that read back as the same number,
  /// and `+Inf`, `-Inf` or `NaN`.
  mutating func put(_ value: Double) {
    if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 { return put(whole) }
    if putSpecial(value) || putDecimal(value, places: 3, scale: 1e3) || putDecimal(value, places: 6, scale: 1e6) { return }
    var text = value.description
    text.withUTF8 { put(UnsafeBufferPointer(rebasing: $0.dropLast($0.endsInPointZero ? 2 : 0))) }
  }

  /// Puts the bound of a bucket as Go's `%g` writes it, always with a point or an exponent. Bounds are label values,
  /// compared as text, so they must look like those of every other client and like Prometheus' own: `1.0`, `100000.0`,
  /// `1e+06`.
  mutating func putBound(_ value: Double) {
    if putSpecial(value) { return }
    let text = value.description
    guard value.magnitude >= 1e6, !text.utf8.contains(UInt8(ascii: "e")) else { return put(Array(text.utf8)) }
    // Swift writes an exponent from 2^54 on, Go from 10^6 on: "-1234567.5" becomes "-1.2345675e+06".
    if value < 0 { put(UInt8(ascii: "-")) }
    let parts = value.magnitude.description.split(separator: ".")
    var digits = Array(parts.joined().utf8)
    while digits.last == UInt8(ascii: "0") { digits.removeLast() }
    put(digits.removeFirst())
    if !digits.isEmpty { put(UInt8(ascii: ".")) }
    put(digits)
    put("e+")
    putDigits(UInt64(parts[0].utf8.count - 1), atLeast: 2)
  }

  /// Puts an integer.
  mutating func put(_ value: Int64) {
    if value < 0 { put(UInt8(ascii: "-")) }
    put(value.magnitude)
  }

  /// Puts an integer.
  mutating func put(_ value: UInt64) {
    if value < 10 { return put(UInt8(ascii: "0") + UInt8(value)) }
    putDigits(value, atLeast: 1)
  }

  /// Puts an infinity or NaN; returns false for a finite number.
  private mutating func putSpecial(_ value: Double) -> Bool {
    if value.isFinite { return false }
    put(value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf")
    return true
  }

  /// Puts a number of few decimals, as most durations, times and ratios are, without making a String; returns false if
  /// it has more.
  ///
  /// If the integer `scaled`, below 10^15, divided by the scale is exactly the value, these digits read back as the
  /// value, and no other 15 digits or fewer do. Below 10^-4 an exponent is usual.
  private mutating func putDecimal(_ value: Double, places: Int, scale: Double) -> Bool {
    let scaled = (value.magnitude * scale).rounded()
    guard value.magnitude >= 1e-4, scaled < 1e15, scaled / scale == value.magnitude else { return false }
    var (whole, decimals) = UInt64(scaled).quotientAndRemainder(dividingBy: UInt64(scale))
    var width = places
    while decimals % 10 == 0 {
      decimals /= 10
      width -= 1
    }
    if value < 0 { put(UInt8(ascii: "-")) }
    put(whole)
    put(UInt8(ascii: "."))
    putDigits(decimals, atLeast: width)
    return true
  }

  /// Puts decimal digits, with leading zeros up to a width.
  private mutating func putDigits(_ value: UInt64, atLeast width: Int) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var rest = value
      var start = digits.count
      while rest > 0 || digits.count - start < width {
        start -= 1
        digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      }
      put(UnsafeBufferPointer(rebasing: digits[start...]))
    }
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// Whether the text ends in `.0`, which Swift writes and the formats do not.
  fileprivate var endsInPointZero: Bool {
    count > 2 && self[count - 1] == UInt8(ascii: "0") && self[count - 2] == UInt8(ascii: ".")
  }
}
