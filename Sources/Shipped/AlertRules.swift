// The alert rules that come with Stoker, with what differs from one installation to the next.

/// The file of recording rules and alerts. It is kept line by line, so that its comments stay.
package struct AlertRules: Sendable {
  private var pieces = [Piece(kind: .head, lines: [])]

  /// The rules as they come.
  package init() {
    /// Comments and empty lines, which belong to what follows.
    var above: [Substring] = []
    for line in ShippedFile.rules.split(separator: "\n", omittingEmptySubsequences: false) {
      let content = line.drop { $0 == " " }
      if content.isEmpty || content.first == "#" && line.count - content.count < Piece.depth {
        above.append(line)
      } else if let kind = Piece.Kind(opening: line) {
        pieces.append(Piece(kind: kind, lines: above + [line]))
        above = []
      } else {
        pieces[pieces.count - 1].lines += above + [line]
        above = []
      }
    }
    pieces[pieces.count - 1].lines += above
  }

  /// The file.
  package var text: String { pieces.flatMap(\.lines).joined(separator: "\n") }

  /// The names of the alerts, each once, in the order of the file.
  package var alerts: [String] {
    var seen: Set<String> = []
    return pieces.compactMap(\.alert).filter { seen.insert($0).inserted }
  }

  /// The scrapes have another job name than `stoker`.
  package mutating func set(job: String) {
    replace("job=\"stoker\"", with: "job=\"\(job)\"")
    replace("job name `stoker`", with: "job name `\(job)`")
  }

  /// The runbooks are at another address.
  package mutating func set(runbooks address: String) {
    replace("https://github.com/stoker-supervisor/stoker/blob/main/alerts/runbooks", with: address)
  }

  /// Gives each alert one more label.
  package mutating func add(label: String, value: String) {
    let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    for index in pieces.indices where pieces[index].alert != nil {
      guard let place = pieces[index].lines.firstIndex(of: "        labels:") else { continue }
      pieces[index].lines.insert("          \(label): \"\(escaped)\"", at: place + 1)
    }
  }

  /// Leaves out the rules of an alert, and a group that has no other.
  package mutating func remove(alert: String) { remove { $0.alert == alert } }

  /// Leaves out the records of native histograms, of which the alerts read the classic buckets too.
  package mutating func removeNativeHistograms() {
    remove { if case .record(let name) = $0.kind { name.contains(":native") } else { false } }
  }

  /// Leaves out the times for which alerts outlast their cause.
  package mutating func removeKeepFiring() {
    for index in pieces.indices { pieces[index].lines.removeAll { $0.hasPrefix("        keep_firing_for:") } }
  }

  private mutating func remove(where isUnwanted: (Piece) -> Bool) {
    pieces.removeAll(where: isUnwanted)
    let followers = pieces.dropFirst().map(\.kind) + [.group]
    pieces = zip(pieces, followers).filter { $0.kind != .group || $1 != .group }.map(\.0)
  }

  private mutating func replace(_ old: String, with new: String) {
    for index in pieces.indices { pieces[index].lines = pieces[index].lines.map { Substring($0.replacing(old, with: new)) } }
  }

  /// The alerts of which each rule reads one of these families, directly or through recorded series: without them it cannot fire.
  package func alerts(needing families: [String]) -> [String] {
    var wanted = Set(families.flatMap { [$0, "\($0)_bucket", "\($0)_sum", "\($0)_count"] })
    // A record reads records above it.
    for case (.record(let name), let words) in pieces.map({ ($0.kind, $0.words) }) where !words.isDisjoint(with: wanted) {
      wanted.insert(name)
    }
    return alerts.filter { alert in pieces.filter { $0.alert == alert }.allSatisfy { !$0.words.isDisjoint(with: wanted) } }
  }
}

/// Lines of the file that belong together.
private struct Piece: Sendable {
  enum Kind: Equatable {
    case head, group
    case record(String), alert(String)

    /// The kind of what begins with this line, or nil where it goes on.
    init?(opening line: Substring) {
      if line.hasPrefix("  - name: ") {
        self = .group
      } else if line.hasPrefix("      - alert: ") {
        self = .alert(String(line.dropFirst("      - alert: ".count)))
      } else if line.hasPrefix("      - record: ") {
        self = .record(String(line.dropFirst("      - record: ".count)))
      } else {
        return nil
      }
    }
  }

  /// The indentation of a rule's keys.
  static let depth = 8

  var kind: Kind
  var lines: [Substring]

  /// The alert, if it is a rule of one.
  var alert: String? { if case .alert(let name) = kind { name } else { nil } }

  /// The words of the expression, among them the names of metrics.
  var words: Set<String> {
    let expression = lines.drop { !$0.hasPrefix("        expr:") }
    let more = expression.dropFirst().prefix { $0.prefix { $0 == " " }.count > Self.depth || $0.hasPrefix("        #") }
    let code = (expression.prefix(1) + more).filter { $0.drop { $0 == " " }.first != "#" }
    return Set(code.flatMap { $0.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") }.map(String.init) })
  }
}
