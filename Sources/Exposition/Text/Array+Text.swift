// Text and numbers written straight into a page's bytes, as the exposition formats spell them.

extension [UInt8] {
  /// Appends text with `\`, line feed and, in label values, `"` escaped.
  mutating func appendEscaped(_ text: String, quotes: Bool) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\\"): append(contentsOf: #"\\"#.utf8)
      case UInt8(ascii: "\n"): append(contentsOf: #"\n"#.utf8)
      case UInt8(ascii: "\"") where quotes: append(contentsOf: #"\""#.utf8)
      default: append(byte)
      }
    }
  }

  /// Appends a whole number.
  mutating func appendNumber(_ value: UInt64) {
    if value < 10 { return append(UInt8(ascii: "0") + UInt8(value)) }
    appendDigits(value, atLeast: 1)
  }

  /// Appends a whole number.
  mutating func appendNumber(_ value: Int64) {
    if value < 0 { append(UInt8(ascii: "-")) }
    appendNumber(value.magnitude)
  }

  /// Appends a value: whole ones below 2^53 without a point, others in the fewest digits that read back as the same
  /// number, and `+Inf`, `-Inf` or `NaN`.
  mutating func appendNumber(_ value: Double) {
    if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 { return appendNumber(whole) }
    if appendSpecial(value) || appendDecimal(value, places: 3, scale: 1e3) || appendDecimal(value, places: 6, scale: 1e6) { return }
    let text = value.description
    append(contentsOf: text.utf8.dropLast(text.hasSuffix(".0") ? 2 : 0))
  }

  /// Appends the bound of a bucket: as Go's `%g` writes it, always with a point or an exponent. Bounds are label values, compared as
  /// text, so they must look as every other client's and as Prometheus itself rewrites them: `1.0`, `100000.0`, `1e+06`.
  mutating func appendBound(_ value: Double) {
    if appendSpecial(value) { return }
    let text = value.description
    guard value.magnitude >= 1e6, !text.utf8.contains(UInt8(ascii: "e")) else { return append(contentsOf: text.utf8) }
    // Swift writes an exponent from 2^54 on, Go from 10^6 on: "-1234567.5" becomes "-1.2345675e+06".
    if value < 0 { append(UInt8(ascii: "-")) }
    let parts = value.magnitude.description.split(separator: ".")
    var digits = Array(parts.joined().utf8)
    while digits.last == UInt8(ascii: "0") { digits.removeLast() }
    append(digits.removeFirst())
    if !digits.isEmpty { append(UInt8(ascii: ".")) }
    append(contentsOf: digits)
    append(contentsOf: "e+".utf8)
    appendDigits(UInt64(parts[0].utf8.count - 1), atLeast: 2)
  }

  /// Appends what is not a finite number; false when it is one.
  private mutating func appendSpecial(_ value: Double) -> Bool {
    if value.isFinite { return false }
    append(contentsOf: (value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf").utf8)
    return true
  }

  /// Appends a number of few decimals, as most durations, times and ratios are, without making a String; false when it has more.
  ///
  /// When the whole number `scaled`, below 10^15, divided by the scale is the value exactly, these digits read back as the
  /// value, and they are the only ones of 15 digits or fewer that do. Below 10^-4 an exponent is usual.
  private mutating func appendDecimal(_ value: Double, places: Int, scale: Double) -> Bool {
    let scaled = (value.magnitude * scale).rounded()
    guard value.magnitude >= 1e-4, scaled < 1e15, scaled / scale == value.magnitude else { return false }
    let (whole, decimals) = UInt64(scaled).quotientAndRemainder(dividingBy: UInt64(scale))
    if value < 0 { append(UInt8(ascii: "-")) }
    appendNumber(whole)
    append(UInt8(ascii: "."))
    appendDigits(decimals, atLeast: places)
    while last == UInt8(ascii: "0") { removeLast() }
    return true
  }

  /// Appends decimal digits, with leading zeros up to a width.
  private mutating func appendDigits(_ value: UInt64, atLeast width: Int) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var rest = value
      var start = digits.count
      while rest > 0 || digits.count - start < width {
        start -= 1
        digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      }
      append(contentsOf: UnsafeBufferPointer(rebasing: digits[start...]))
    }
  }
}
