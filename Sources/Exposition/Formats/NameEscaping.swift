// How a scraper wants names that its own rules do not allow: the `escaping=` of an Accept header.

/// The schemes that Prometheus knows. Names here are always of the old kind, letters, digits and underscores, which three of the four leave as
/// they are.
public enum NameEscaping: String, Sendable, Hashable, CaseIterable {
  /// Any UTF-8 is allowed: nothing to escape.
  case allowUTF8 = "allow-utf-8"
  /// What is not allowed becomes `_`: nothing to escape.
  case underscores
  /// `.` becomes `_dot_`, and for that to be reversible `_` becomes `__`.
  case dots
  /// `U__` and hexadecimal numbers: nothing to escape.
  case values
}

extension Sequence<UInt8> {
  /// A name with every underscore doubled, as ``NameEscaping/dots`` wants it.
  var underscoresDoubled: [UInt8] {
    flatMap { $0 == UInt8(ascii: "_") ? [$0, $0] : [$0] }
  }
}

extension Labels {
  /// These labels with every underscore of their names doubled.
  var underscoresDoubled: Labels {
    var text: [UInt8] = []
    forEach { name, value in
      if !text.isEmpty { text.append(UInt8(ascii: ",")) }
      text += name.underscoresDoubled
      text += "=\"".utf8
      text += value
      text.append(UInt8(ascii: "\""))
    }
    return Labels(rendered: text)
  }
}
