// The table of `stoker status`: a line of sums, and a row for each service.

import Orchestration
import Stoker

/// An answer of `GET /services` for a reader.
struct StatusTable {
  private let services: [JSON.Member]
  private let shown: [StatusLine]
  private let isReady: Bool
  /// Stoker's own troubles.
  private let troubles: [String]
  /// Seconds since 1970.
  private let now: Double

  init(_ answer: JSON, now: Double) {
    let services = answer["services"]?.members ?? []
    self.services = services
    shown = StatusLine.all(of: services)
    isReady = answer["is_ready"]?.bool ?? false
    troubles = (answer["troubles"]?.array ?? []).compactMap { $0["sentence"]?.string }
    self.now = now
  }

  /// `10 services: 9 running, 1 backoff; 9 healthy, 1 unhealthy; not ready`.
  var summary: String {
    let count = Phrase.count(services.count, "service")
    let sums = [
      Self.sum(services.compactMap { $0.value["status"]?.string }, order: Orchestration.Status.allCases.map(\.rawValue)),
      Self.sum(services.map { ShownHealth($0.value).word }, order: ShownHealth.allCases.map(\.word)),
    ]
    return "\(count): \(sums.filter { !$0.isEmpty }.joined(separator: "; ")); \(isReady ? "ready" : "not ready")"
  }

  /// The table. Where it does not fit, the least important columns are left out, so that some of each note stays.
  func lines(width: Int?) -> [String] {
    guard !services.isEmpty else { return [] }
    var table = Table(
      header: ["NAME", "STATUS", "HEALTH", "PID", "SINCE", "RESTARTS", "NOTE"],
      rows: shown.map(row), rightAligned: [3, 4, 5])
    guard let width else { return table.lines() }
    func widthOfOthers() -> Int { table.widths.dropLast().reduce(0) { $0 + $1 + 2 } }
    let longest = table.widths.last ?? 0
    func isTight(_ note: Int) -> Bool { widthOfOthers() + min(note, longest) > width }
    for title in ["PID", "RESTARTS"] where isTight(Self.roomyNote) { table.remove(title) }
    // A long name leaves notes more room than the columns do.
    if isTight(Self.roomyNote), table.widths[0] > width / 3 {
      for row in table.rows.indices {
        table.rows[row][0] = TextWidth.cutInside(TerminalText.line(table.rows[row][0]), to: max(8, width / 3))
      }
    }
    if isTight(Self.noteWidth) { table.remove("HEALTH") }
    let room = max(Self.noteWidth, width - widthOfOthers())
    for (index, line) in shown.enumerated() { table.rows[index][table.header.count - 1] = note(line).fitting(room) }
    return table.lines(width: width)
  }

  /// Least useful width of a note, and its width before the number of a process or of restarts is shown.
  private static let noteWidth = 20
  private static let roomyNote = 48

  /// The line of sums, an empty line, and the table, with states and healths in their colours.
  func styledLines(width: Int?) -> [StyledText] {
    let table = lines(width: width)
    let words: [(String, TextStyle)] =
      Orchestration.Status.allCases.map { ($0.rawValue, $0.style) } + Orchestration.Health.allCases.map { ($0.rawValue, $0.style) }
    let styles = Dictionary(words) { first, _ in first }
    func wrapped(_ text: String, _ style: TextStyle = .plain) -> [StyledText] {
      let text = TerminalText.line(text)
      return (width.map { TextWidth.wrapped(text, to: $0, indent: "  ") } ?? [text]).map { StyledText($0, style) }
    }
    return troubles.flatMap { wrapped("Stoker: \($0)", .bad) } + wrapped(summary) + [StyledText()]
      + table.enumerated().map { index, line in
        guard index > 0 else { return StyledText(line, .strong) }
        let isBare = shown[index - 1].health.isBare
        // A name has no blanks, so the second and third word of a row are its state and its health.
        var styled = StyledText()
        var count = 0
        for (offset, word) in line.split(separator: " ", omittingEmptySubsequences: false).enumerated() {
          if offset > 0 { styled.append(" ") }
          if !word.isEmpty { count += 1 }
          let isState = !word.isEmpty && (count == 2 || count == 3) && !isBare
          styled.append(String(word), isState ? styles[String(word)] ?? .plain : .plain)
        }
        return styled
      }
  }

  private func row(_ line: StatusLine) -> [String] {
    switch line {
    case .service(let member, let isIndented): row((isIndented ? "  " : "") + member.name, member.value)
    case .section(let name, let instances):
      [
        name, instances.running, instances.health.column, "-", "-", String(instances.restarts), instances.sums,
      ]
    }
  }

  private func row(_ name: String, _ service: JSON) -> [String] {
    [
      // Each column but the last is one word, for scripts that split rows.
      name, service["status"]?.string ?? "?", ShownHealth(service).column,
      service["pid"]?.number.map { String(Int64($0)) } ?? "-",
      age(service["since"]).map(Age.short) ?? "-",
      service["restart_count"]?.number.map { String(Int64($0)) } ?? "-",
      note(service).text,
    ]
  }

  private func note(_ line: StatusLine) -> Note {
    switch line {
    case .service(let member, _): note(member.value)
    case .section(_, let instances): Note(text: instances.sums)
    }
  }

  /// The note that Stoker gives. Before it, that a running service has no check; in back-off, the time of the next attempt.
  private func note(_ service: JSON) -> Note {
    Note(text: noteText(service), root: Note.Root(service["root_cause"]))
  }

  private func noteText(_ service: JSON) -> String {
    let note = service["note"]?.string ?? ""
    let status = service["status"]?.string.flatMap(Orchestration.Status.init(rawValue:))
    if status == .running, ShownHealth(service).isBare {
      return [ShownHealth.unchecked, note].filter { !$0.isEmpty }.joined(separator: "; ")
    }
    guard status == .backoff else { return note }
    let attempts = Int(service["restart_attempts"]?.number ?? 0)
    let used = attempts > 0 ? ", \(attempts) \(attempts == 1 ? "restart" : "restarts") used" : ""
    let next = age(service["next_attempt"]).map { "restarts \(Age.until(-$0))\(used)" }
    return [next, note.isEmpty ? nil : note].compactMap(\.self).joined(separator: "; ")
  }

  /// Seconds since that time; negative for a time in the future.
  private func age(_ time: JSON?) -> Double? {
    time?.string.flatMap(Age.seconds(rfc3339:)).map { now - $0 }
  }

  /// `9 running, 1 backoff`
  static func sum(_ words: [String], order: [String]) -> String {
    order.compactMap { word in
      let count = words.count { $0 == word }
      return count > 0 ? "\(count) \(word)" : nil
    }.joined(separator: ", ")
  }
}
