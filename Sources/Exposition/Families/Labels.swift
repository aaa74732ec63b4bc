// The labels of a series, kept in their written form.

/// Label names and values in a fixed order, rendered and escaped once: `name="x",state="y"`.
///
/// ```swift
/// let running = Labels(["name": "dao"]).adding("state", "running")
/// ```
/// Make them once and keep them: writing a sample then only copies them. The same labels in another order are a
/// different value.
public struct Labels: Sendable, Hashable {
  /// The text between the braces.
  let rendered: [UInt8]

  /// No labels at all.
  public static let none = Labels([])

  /// Labels in the given order. A name that is not legal or is given twice stops the program with a message that names
  /// it. A value may be any text, also an empty one.
  public init(_ pairs: KeyValuePairs<String, String>) {
    self.init(pairs.map { ($0.key, $0.value) })
  }

  /// Labels in the given order, under the same rules.
  public init(_ pairs: [(String, String)]) {
    var labels = Labels(rendered: [])
    for (name, value) in pairs { labels = labels.adding(name, value) }
    self = labels
  }

  init(rendered: [UInt8]) {
    self.rendered = rendered
  }

  /// These labels with one more at the end, under the same rules.
  public func adding(_ name: String, _ value: String) -> Labels {
    if let fault = Names.fault(inLabel: name) { fatalError(fault) }
    if has(name) { fatalError("label \"\(name)\" is given twice") }
    var text = rendered
    text.reserveCapacity(rendered.count + name.utf8.count + value.utf8.count + 4)
    text.appendLabel(name, value)
    return Labels(rendered: text)
  }

  /// Labels of names that were checked before.
  init(checkedNames names: [String], values: [String]) {
    var text: [UInt8] = []
    text.reserveCapacity(zip(names, values).reduce(0) { $0 + $1.0.utf8.count + $1.1.utf8.count + 4 })
    for (name, value) in zip(names, values) { text.appendLabel(name, value) }
    rendered = text
  }

  /// The same names, each with the value `value`.
  func withEveryValue(_ value: String) -> Labels {
    var text: [UInt8] = []
    forEach { name, _ in text.appendLabel(String(decoding: name, as: UTF8.self), value) }
    return Labels(rendered: text)
  }

  /// Whether there is a label of this name.
  private func has(_ name: String) -> Bool {
    var found = false
    forEach { label, _ in found = found || label.elementsEqual(name.utf8) }
    return found
  }

  /// Calls `body` with each name and its value, still escaped. They are found in the text itself, since separate names
  /// would double the memory of a series.
  func forEach(_ body: (_ name: ArraySlice<UInt8>, _ escapedValue: ArraySlice<UInt8>) -> Void) {
    var rest = rendered[...]
    while let equals = rest.firstIndex(of: UInt8(ascii: "=")) {
      // From after the opening quote to the first quote that is not escaped, then over that quote and the comma.
      let start = equals + 2
      var end = start
      while rest[end] != UInt8(ascii: "\"") { end += rest[end] == UInt8(ascii: "\\") ? 2 : 1 }
      body(rest[..<equals], rest[start..<end])
      rest = rest[(end + 1)...].dropFirst()
    }
  }
}

extension [UInt8] {
  /// Appends one label, after a comma if it is not the first.
  fileprivate mutating func appendLabel(_ name: String, _ value: String) {
    if !isEmpty { append(UInt8(ascii: ",")) }
    append(contentsOf: name.utf8)
    append(UInt8(ascii: "="))
    append(UInt8(ascii: "\""))
    appendEscaped(value, quotes: true)
    append(UInt8(ascii: "\""))
  }
}

extension Labels: CustomStringConvertible {
  /// The labels as on a page, with braces.
  public var description: String { "{" + String(decoding: rendered, as: UTF8.self) + "}" }
}

extension Labels {
  /// The number of Unicode characters in all names and values, as OpenMetrics counts them for an exemplar.
  var characters: Int {
    var count = 0
    forEach { name, value in
      count += name.count
      var isEscaped = false
      for byte in value {
        // A continuation byte of a character, or the first byte of an escape, is not counted.
        let opensEscape = byte == UInt8(ascii: "\\") && !isEscaped
        if byte & 0xc0 != 0x80, !opensEscape { count += 1 }
        isEscaped = opensEscape
      }
    }
    return count
  }
}
