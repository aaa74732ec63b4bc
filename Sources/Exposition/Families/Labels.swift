// The labels of a series, kept as they are written.

/// Label names and values in a fixed order, rendered and escaped once: `name="x",state="y"`.
///
/// ```swift
/// let running = Labels(["name": "dao"]).adding("state", "running")
/// ```
/// Make them once and keep them: writing a sample then copies them. Equal labels in another order are another value.
public struct Labels: Sendable, Hashable {
  /// The text between the braces.
  let rendered: [UInt8]

  /// No labels at all.
  public static let none = Labels([])

  /// Labels in the order given. A name that is not legal or is given twice stops the program with a message that names it;
  /// a value may be any text, the empty one included.
  public init(_ pairs: KeyValuePairs<String, String>) {
    self.init(pairs.map { ($0.key, $0.value) })
  }

  /// Labels in the order given, under the same rules.
  public init(_ pairs: [(String, String)]) {
    var labels = Labels(rendered: [])
    for (name, value) in pairs { labels = labels.adding(name, value) }
    self = labels
  }

  init(rendered: [UInt8]) {
    self.rendered = rendered
  }

  /// These labels and one more, at the end.
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

  /// Gives each name and its value, still escaped. Found in the text itself, since names kept beside it would double what a series costs.
  func forEach(_ body: (_ name: ArraySlice<UInt8>, _ escapedValue: ArraySlice<UInt8>) -> Void) {
    var rest = rendered[...]
    while let equals = rest.firstIndex(of: UInt8(ascii: "=")) {
      // From behind the opening quote to the first quote that is not escaped, then over that and the comma.
      let start = equals + 2
      var end = start
      while rest[end] != UInt8(ascii: "\"") { end += rest[end] == UInt8(ascii: "\\") ? 2 : 1 }
      body(rest[..<equals], rest[start..<end])
      rest = rest[(end + 1)...].dropFirst()
    }
  }
}

extension [UInt8] {
  /// Appends one label, after a comma if others are there.
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
  /// The labels as they stand on a page, with the braces.
  public var description: String { "{" + String(decoding: rendered, as: UTF8.self) + "}" }
}

extension Labels {
  /// Unicode characters of all names and values, as OpenMetrics counts those of an exemplar.
  var characters: Int {
    var count = 0
    forEach { name, value in
      count += name.count
      var isEscaped = false
      for byte in value {
        // A byte that goes on with a character, or the first of an escape, is not counted.
        let opensEscape = byte == UInt8(ascii: "\\") && !isEscaped
        if byte & 0xc0 != 0x80, !opensEscape { count += 1 }
        isEscaped = opensEscape
      }
    }
    return count
  }
}
