// Files of sections with settings, as supervisord and systemd have them.

import ServiceFile

/// A file of sections.
struct INIFile {
  struct Section {
    var name: String
    var line: Int
    var settings: [Setting] = []
  }

  /// The ways in which both differ.
  enum Style {
    /// Python's configparser: a line that is indented goes on with the setting before it; ` ;` begins a comment.
    case python
    /// systemd.syntax(7): a backslash at the end of a line goes on with the next one.
    case systemd
  }

  private(set) var sections: [Section] = []

  init(_ file: ForeignFile, _ style: Style) throws(ServiceFileError) {
    var reader = Reader(file: file.name, style: style)
    for (index, line) in try file.lines().enumerated() { try reader.read(line, number: index + 1) }
    reader.end()
    sections = reader.sections
  }

  private struct Reader {
    let file: String
    let style: Style
    var sections: [Section] = []
    /// A line of systemd that goes on, with its number.
    private var open: (text: String, line: Int)?

    init(file: String, style: Style) { (self.file, self.style) = (file, style) }

    mutating func read(_ line: String, number: Int) throws(ServiceFileError) {
      let text = line.trimmed
      let isComment = text.hasPrefix("#") || text.hasPrefix(";")
      if style == .systemd {
        // A comment within a setting that goes on is left out.
        if isComment { return }
        let whole = (open.map { $0.text + " " } ?? "") + text
        if whole.hasSuffix("\\"), !whole.isEmpty {
          open = (String(whole.dropLast()).trimmed, open?.line ?? number)
          return
        }
        let first = open?.line ?? number
        open = nil
        return try read(whole, isIndented: false, number: first)
      }
      if isComment { return }
      try read(text.cut(before: " ;").cut(before: "\t;"), isIndented: line.first == " " || line.first == "\t", number: number)
    }

    mutating func end() {
      guard let (text, line) = open else { return }
      try? read(text, isIndented: false, number: line)
    }

    private mutating func read(_ text: String, isIndented: Bool, number: Int) throws(ServiceFileError) {
      if text.isEmpty { return }
      if isIndented, let section = sections.indices.last, let last = sections[section].settings.indices.last {
        sections[section].settings[last].value += "\n" + text.trimmed
        return
      }
      if text.hasPrefix("["), let end = text.lastIndex(of: "]") {
        sections.append(Section(name: String(text[text.index(after: text.startIndex)..<end]), line: number))
        return
      }
      guard !sections.isEmpty else { throw fault(number, "a setting stands before the first [section]") }
      let sign = text.firstIndex { $0 == "=" || style == .python && $0 == ":" }
      guard let sign else {
        if style == .python { throw fault(number, "expected NAME=value or [section]") }
        return add(Setting(name: text, value: "", place: Place(file: file, line: number)))
      }
      let (name, value) = (String(text[..<sign]).trimmed, String(text[text.index(after: sign)...]).trimmed)
      add(Setting(name: name, value: value, place: Place(file: file, line: number)))
    }

    private mutating func add(_ setting: Setting) { sections[sections.count - 1].settings.append(setting) }

    private func fault(_ line: Int, _ message: String) -> ServiceFileError {
      ForeignFile.fault(message, of: file, line: line)
    }
  }
}

extension String {
  /// The text without blanks around it.
  var trimmed: String {
    let isBlank = { (character: Character) in character == " " || character == "\t" || character == "\r" || character == "\n" }
    return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
  }

  /// The text before the first of these.
  func cut(before mark: String) -> String {
    firstRange(of: mark).map { String(self[..<$0.lowerBound]) } ?? self
  }
}
