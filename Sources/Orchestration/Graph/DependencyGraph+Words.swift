// Blockers in words, those of one section together (rule 89).

extension DependencyGraph {
  /// The names of some blockers with the same reason.
  package struct BlockerWords {
    /// "database", "web@1 or web@2", "one of 200 instances of web".
    package var names: String
    /// The reason.
    package var reason: Blocker.Reason
    /// Whether the names stand for more than one.
    package var isPlural: Bool
  }

  /// The longest list of instances of one section.
  private static let longestList = 3

  /// The blockers in their order. Instances of a section stand together where one is enough, or where they are many.
  package func words(for blockers: [Blocker]) -> [BlockerWords] {
    var words: [BlockerWords] = []
    var position = 0
    while position < blockers.count {
      let first = blockers[position]
      let section = self[first.service].section
      var end = position + 1
      while end < blockers.count, blockers[end].reason == first.reason, blockers[end].isAny == first.isAny, section != nil,
        self[blockers[end].service].section == section
      { end += 1 }
      let names = blockers[position..<end].map { self[$0.service].name }
      position = end
      let isLong = names.count > Self.longestList
      let instances = "\(names.count) instances of \(section ?? "")"
      if first.isAny {
        let text = isLong ? "one of \(instances)" : names.joined(separator: " or ")
        words.append(BlockerWords(names: text, reason: first.reason, isPlural: false))
      } else if isLong {
        words.append(BlockerWords(names: instances, reason: first.reason, isPlural: true))
      } else {
        words += names.map { BlockerWords(names: $0, reason: first.reason, isPlural: false) }
      }
    }
    return words
  }
}
