// The reader of one mapping. It remembers the keys that were asked for, so that all others can be reported as unknown.

/// One mapping of the file. Its owner asks for every known key exactly once; then `finish` reports the others.
/// A faulty value is reported and read as absent, so that one pass finds all faults.
final class MappingReader {
  let context: ReadingContext
  let scope: Scope
  /// The place where a missing key is reported: the key of this mapping.
  let mark: Mark

  private let entries: [Node.Entry]
  private let positions: [String: Int]
  private var known: [String] = []
  /// Whether this is no mapping at all: then no key is reported as missing.
  private let isBroken: Bool

  /// A reader of `node`, which may be a mapping or nothing; anything else is reported and read as an empty mapping.
  init(_ node: Node, scope: Scope, keyMark: Mark, context: ReadingContext) {
    self.context = context
    self.scope = scope
    mark = keyMark
    if let entries = node.entries {
      self.entries = entries
      isBroken = false
    } else {
      context.report(node.mark, "\(scope.path.isEmpty ? scope.description : scope.name(nil)) must be a mapping, not \(node.found)")
      entries = []
      isBroken = true
    }
    var positions: [String: Int] = [:]
    for (position, entry) in entries.enumerated() { positions[entry.key] = position }
    self.positions = positions
  }

  /// The entry of a key; nil if it is absent.
  func take(_ key: String) -> Node.Entry? {
    known.append(key)
    return positions[key].map { entries[$0] }
  }

  /// The keys of `candidates` that stand here, in the file's order.
  func present(_ candidates: [String]) -> [Node.Entry] {
    entries.filter { candidates.contains($0.key) }
  }

  /// Reports every unknown key.
  func finish() {
    // Keys for anchors, and for other programs: the top level, a service and the defaults may have them.
    for entry in entries where !known.contains(entry.key) && !(scope.path.isEmpty && entry.isExtension) {
      let hint = OtherTools.advice(for: entry.key, in: scope).map { "; \($0.text)" } ?? Spelling.hint(for: entry.key, among: known)
      context.report(entry.keyMark, "unknown key '\(Spelling.shown(entry.key))' in \(scope)\(hint)")
    }
  }

  /// Reports a faulty value, and returns nil, so that it reads as absent.
  func refuse<Value>(_ node: Node, _ key: String, _ expected: String, found: String? = nil, advice: String? = nil) -> Value? {
    let advice = advice.map { "; " + $0 } ?? ""
    context.report(node.mark, "\(scope.name(key)) must be \(expected), not \(found ?? node.found)\(advice)")
    return nil
  }

  /// Reports a missing key, unless it is there with a typing mistake or by the name that another tool gives it, which `finish` reports.
  func missing(_ key: String, _ expected: String) {
    let isMistyped = entries.contains { entry in
      Spelling.nearest(to: entry.key, among: [key]) != nil
        || OtherTools.advice(for: entry.key, in: scope).map { $0.key == key[...] } == true
    }
    guard !isBroken, !isMistyped else { return }
    context.report(mark, "\(scope.name(key)) is missing: it must be \(expected)")
  }

  /// Reports a key of a feature that does not exist yet.
  func notSupported(_ entry: Node.Entry?) {
    guard let entry else { return }
    context.report(entry.keyMark, "\(scope.name(entry.key)) is not supported yet")
  }
}
