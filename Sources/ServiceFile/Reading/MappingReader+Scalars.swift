// Single values: text, booleans, numbers, durations, sizes, words.

import Linux

extension MappingReader {
  /// A text; a plain number or boolean is read as written (`version: 1.10` stays "1.10").
  func text(_ key: String, allowsEmpty: Bool = true, allowsNUL: Bool = false) -> String? {
    take(key).flatMap { text($0.value, key, allowsEmpty: allowsEmpty, allowsNUL: allowsNUL) }
  }

  /// The text of a node that stands under `key`.
  func text(_ node: Node, _ key: String, allowsEmpty: Bool = true, allowsNUL: Bool = false) -> String? {
    guard case .scalar(let scalar) = node.value else { return refuse(node, key, "text") }
    if scalar.text.isEmpty, !allowsEmpty { return refuse(node, key, "text", found: "empty") }
    if !allowsNUL, scalar.text.utf8.contains(0) { return refuse(node, key, "text without NUL characters") }
    return scalar.text
  }

  /// A line of text: no control characters, not empty.
  func line(_ key: String) -> String? {
    guard let entry = take(key), let text = text(entry.value, key, allowsEmpty: false) else { return nil }
    guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
      return refuse(entry.value, key, "one line of text")
    }
    return text
  }

  /// An unquoted `true` or `false`, or one of YAML's other words for them.
  func flag(_ key: String) -> Bool? {
    guard let node = take(key)?.value else { return nil }
    if case .scalar(let scalar) = node.value, scalar.isPlain {
      switch scalar.text {
      case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON": return true
      case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF": return false
      default: break
      }
    }
    return refuse(node, key, "true or false", found: node.foundLiteral)
  }

  /// An unquoted whole number.
  func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
    take(key).flatMap { integer($0.value, key, in: range) }
  }

  /// The whole number of a node that stands under `key`.
  func integer(_ node: Node, _ key: String, in range: ClosedRange<Int>) -> Int? {
    let expected = range.upperBound == .max ? "at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
    guard case .scalar(let scalar) = node.value, scalar.isPlain, let number = NumberText.integer(scalar.text) else {
      return refuse(node, key, "a whole number \(expected)", found: node.foundLiteral)
    }
    guard range.contains(number) else { return refuse(node, key, expected) }
    return number
  }

  /// An unquoted number.
  func number(_ key: String, in range: ClosedRange<Double>) -> Double? {
    guard let node = take(key)?.value else { return nil }
    let expected = "a number from \(NumberText.shown(range.lowerBound)) to \(NumberText.shown(range.upperBound))"
    guard case .scalar(let scalar) = node.value, scalar.isPlain, let number = NumberText.decimal(scalar.text) else {
      return refuse(node, key, expected, found: node.foundLiteral)
    }
    guard range.contains(number) else { return refuse(node, key, expected) }
    return number
  }

  /// A duration of at least a millisecond, or zero with `allowsZero`.
  func duration(_ key: String, allowsZero: Bool = false) -> Duration? {
    guard let node = take(key)?.value else { return nil }
    guard case .scalar(let scalar) = node.value else { return refuse(node, key, DurationText.expected) }
    guard scalar.isPlain || NumberText.decimal(scalar.text) == nil else {
      return refuse(node, key, DurationText.expected, found: node.foundLiteral)
    }
    switch DurationText.parse(scalar.text) {
    case .duration(let duration):
      if duration == .zero && allowsZero || duration >= .milliseconds(1) { return duration }
      return refuse(node, key, duration == .zero ? "longer than 0" : "at least 1ms")
    case .negative: return refuse(node, key, allowsZero ? "0s or longer" : "longer than 0")
    case .tooLong: return refuse(node, key, "at most 100 years")
    case .malformed: return refuse(node, key, DurationText.expected)
    }
  }

  /// A number of bytes.
  func size(_ key: String, atLeast minimum: UInt64 = 1) -> UInt64? {
    guard let node = take(key)?.value else { return nil }
    guard case .scalar(let scalar) = node.value, scalar.isPlain || NumberText.decimal(scalar.text) == nil,
      let size = SizeText.parse(scalar.text)
    else { return refuse(node, key, SizeText.expected, found: node.foundLiteral) }
    guard size >= minimum else { return refuse(node, key, "at least \(minimum) byte\(minimum == 1 ? "" : "s")") }
    return size
  }

  /// One of a few words.
  func choice<Word: RawRepresentable<String> & CaseIterable>(_ key: String, _: Word.Type, except excluded: [Word] = []) -> Word? {
    guard let node = take(key)?.value else { return nil }
    let excluded = excluded.map(\.rawValue)
    return choice(node, key, of: Word.allCases.filter { !excluded.contains($0.rawValue) })
  }

  /// The word of a node that stands under `key`.
  func choice<Word: RawRepresentable<String>>(_ node: Node, _ key: String, of words: [Word]) -> Word? {
    let texts = words.map(\.rawValue)
    guard case .scalar(let scalar) = node.value else { return refuse(node, key, Spelling.alternatives(texts)) }
    if let word = words.first(where: { $0.rawValue == scalar.text }) { return word }
    return refuse(node, key, Spelling.alternatives(texts), found: node.found + Spelling.hint(for: scalar.source, among: texts))
  }

  /// A path; relative ones are taken from the directory of the file that they stand in, `~` is the home directory.
  func path(_ key: String) -> String? {
    guard let node = take(key)?.value, let text = text(node, key, allowsEmpty: false) else { return nil }
    return path(text, node, key)
  }

  /// The absolute path for a text that stands under `key`.
  func path(_ text: String, _ node: Node, _ key: String) -> String? {
    guard text == "~" || text.hasPrefix("~/") else { return FilePath.absolute(text, from: context.directory(of: node.mark)) }
    guard let home = context.environment["HOME"], home.hasPrefix("/") else {
      return refuse(node, key, "an absolute path as HOME is not set")
    }
    return FilePath.absolute(home + text.dropFirst(), from: "/")
  }

  /// A POSIX extended regular expression.
  func pattern(_ key: String, allowsEmpty: Bool = true) -> String? {
    guard let node = take(key)?.value, let text = text(node, key, allowsEmpty: allowsEmpty) else { return nil }
    if let problem = PatternFault.of(text) {
      context.report(node.mark, "\(scope.name(key)) is not a regular expression: \(problem)")
      return nil
    }
    return text
  }
}
