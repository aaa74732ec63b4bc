// Reads one mapping key by key and remembers which keys there are, so that the rest can be called unknown.

/// One mapping of the file. Every key that exists is asked for exactly once; then `finish` reports what nobody asked for.
/// What is wrong is reported and read as absent, so that one pass finds everything.
final class MappingReader {
  let context: ReadingContext
  let scope: Scope
  /// Where what is missing is reported: the key that the mapping belongs to.
  let mark: Mark

  private let entries: [Node.Entry]
  private let positions: [String: Int]
  private var known: [String] = []
  /// Not a mapping at all: then nothing in it is missing.
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

  /// Reports every key that nobody asked for.
  func finish() {
    for entry in entries where !known.contains(entry.key) {
      let hint = Spelling.hint(for: entry.key, among: known)
      context.report(entry.keyMark, "unknown key '\(Spelling.shown(entry.key))' in \(scope)\(hint)")
    }
  }

  /// Reports a value that is not what it must be; nil, so that it reads as absent.
  func refuse<Value>(_ node: Node, _ key: String, _ expected: String, found: String? = nil, advice: String? = nil) -> Value? {
    let advice = advice.map { "; " + $0 } ?? ""
    context.report(node.mark, "\(scope.name(key)) must be \(expected), not \(found ?? node.found)\(advice)")
    return nil
  }

  /// Reports an absent key, unless it is there with a slip of the finger, which `finish` reports.
  func missing(_ key: String, _ expected: String) {
    guard !isBroken, !entries.contains(where: { Spelling.nearest(to: $0.key, among: [key]) != nil }) else { return }
    context.report(mark, "\(scope.name(key)) is missing: it must be \(expected)")
  }

  /// Reports a key that is known but whose work belongs to a later version.
  func notSupported(_ entry: Node.Entry?) {
    guard let entry else { return }
    context.report(entry.keyMark, "\(scope.name(entry.key)) is not supported yet")
  }
}
