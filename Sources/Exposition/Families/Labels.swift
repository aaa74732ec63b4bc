// The labels of a series, kept as they are written.

/// Label names and values in a fixed order, rendered and escaped once: `name="x",state="y"`.
///
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

  private init(rendered: [UInt8]) {
    self.rendered = rendered
  }

  /// These labels and one more, at the end.
  public func adding(_ name: String, _ value: String) -> Labels {
    if let fault = Names.fault(inLabel: name) { fatalError(fault) }
    if has(name) { fatalError("label \"\(name)\" is given twice") }
    var text = rendered
    text.reserveCapacity(rendered.count + name.utf8.count + value.utf8.count + 4)
    if !text.isEmpty { text.append(UInt8(ascii: ",")) }
    text.append(contentsOf: name.utf8)
    text.append(UInt8(ascii: "="))
    text.append(UInt8(ascii: "\""))
    text.appendEscaped(value, quotes: true)
    text.append(UInt8(ascii: "\""))
    return Labels(rendered: text)
  }

  /// Whether there is a label of this name. Found in the text itself, since names kept beside it would double what a series costs.
  private func has(_ name: String) -> Bool {
    var rest = rendered[...]
    while let equals = rest.firstIndex(of: UInt8(ascii: "=")) {
      if rest[..<equals].elementsEqual(name.utf8) { return true }
      // Over the value: from behind the opening quote to the first quote that is not escaped, then over the comma.
      var index = equals + 2
      while rest[index] != UInt8(ascii: "\"") { index += rest[index] == UInt8(ascii: "\\") ? 2 : 1 }
      rest = rest[(index + 1)...].dropFirst()
    }
    return false
  }
}

extension Labels: CustomStringConvertible {
  /// The labels as they stand on a page, with the braces.
  public var description: String { "{" + String(decoding: rendered, as: UTF8.self) + "}" }
}
