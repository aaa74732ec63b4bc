// Settings of YAML and JSON files.

import ServiceFile

extension ForeignValue {
  subscript(key: String) -> ForeignValue? { entries.last { $0.key == key }?.value }

  /// The entries of a mapping; none of anything else.
  var entries: [Entry] { if case .mapping(let entries) = content { entries } else { [] } }

  var elements: [ForeignValue] { if case .list(let elements) = content { elements } else { [] } }

  /// The text of a scalar.
  var text: String? { if case .text(let text, _) = content { text } else { nil } }

  var isMapping: Bool { if case .mapping = content { true } else { false } }

  /// A text, or the texts of a list of texts alone.
  var texts: [String]? {
    switch content {
    case .text(let text, _): [text]
    case .list(let elements):
      elements.allSatisfy { $0.text != nil } ? elements.compactMap(\.text) : nil
    case .null: []
    case .mapping: nil
    }
  }

  /// The value as it is written, in short: the flow style of YAML.
  var shown: String {
    switch content {
    case .null: ""
    case .text(let text, _): text
    case .list(let elements): "[\(elements.map(\.shown).joined(separator: ", "))]"
    case .mapping(let entries): "{\(entries.map { "\($0.key): \($0.value.shown)" }.joined(separator: ", "))}"
    }
  }

  /// The pairs of a mapping, or of a list of `NAME=value`; nil for anything else. A name without a value has none.
  var pairs: [(name: String, value: String?)]? {
    switch content {
    case .mapping(let entries):
      var pairs: [(String, String?)] = []
      for entry in entries {
        switch entry.value.content {
        case .text(let text, _): pairs.append((entry.key, text))
        case .null: pairs.append((entry.key, nil))
        case .list, .mapping: return nil
        }
      }
      return pairs
    case .list(let elements):
      var pairs: [(String, String?)] = []
      for element in elements {
        guard let text = element.text else { return nil }
        let sign = text.firstIndex(of: "=")
        pairs.append((String(text[..<(sign ?? text.endIndex)]), sign.map { String(text[text.index(after: $0)...]) }))
      }
      return pairs
    case .null: return []
    case .text: return nil
    }
  }
}

extension ForeignValue.Entry {
  /// The entry as a setting, with the names of the mappings around it.
  func setting(_ file: ForeignFile, in path: String = "") -> Setting {
    Setting(name: path.isEmpty ? key : "\(path).\(key)", value: value.shown, place: Place(file: file.name, line: line))
  }
}

extension Draft {
  /// Sets a key if the value has a counterpart, or leaves the setting.
  mutating func take(_ path: String, _ value: Value?, by setting: Setting) {
    if let value { set(path, value, by: setting) } else { leave(setting, "its value has no counterpart") }
  }
}
