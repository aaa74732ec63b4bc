// The escaping of names that a scraper does not allow: the `escaping=` of an Accept header.

/// The escaping schemes of Prometheus. Names here consist only of letters, digits and underscores, which three of the
/// four schemes do not change.
public enum NameEscaping: String, Sendable, Hashable, CaseIterable {
  /// Any UTF-8 is allowed: nothing to escape.
  case allowUTF8 = "allow-utf-8"
  /// Characters that are not allowed become `_`: nothing to escape.
  case underscores
  /// `.` becomes `_dot_`, and `_` becomes `__`, so that the escaping is reversible.
  case dots
  /// `U__` and hexadecimal numbers replace characters that are not allowed: nothing to escape.
  case values
}

extension Sequence<UInt8> {
  /// The name with every underscore doubled, for ``NameEscaping/dots``.
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
