// Procfiles: a name and a line for the shell on each line.

import ServiceFile

struct Procfile {
  private let file: ForeignFile
  private var processes: [(name: String, setting: Setting)] = []
  private var stray: [Setting] = []

  init(_ file: ForeignFile) throws(ServiceFileError) {
    self.file = file
    for (index, line) in try file.lines().enumerated() {
      let text = line.trimmed
      if text.isEmpty || text.hasPrefix("#") { continue }
      let place = Place(file: file.name, line: index + 1)
      // As foreman reads it: a name of letters, digits, `_` and `-`, a colon, and the command.
      guard let colon = text.firstIndex(of: ":"), !text[..<colon].isEmpty, text[..<colon].allSatisfy(Self.isOfName) else {
        stray.append(Setting(name: text, value: "", place: place))
        continue
      }
      let command = String(text[text.index(after: colon)...]).trimmed
      processes.append((String(text[..<colon]), Setting(name: String(text[..<colon]), value: command, place: place)))
    }
    if processes.isEmpty { throw file.fault("no line of it is NAME: COMMAND, as in a Procfile") }
  }

  private static func isOfName(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || character == "_" || character == "-")
  }

  func map(into drafts: inout Drafts, _ exists: (String) -> Bool) {
    for setting in stray { drafts.file.leave(setting, "it is no line of the form NAME: COMMAND") }
    let dotenv = "\(file.directory)/.env"
    for (number, (name, setting)) in processes.enumerated() {
      let index = drafts.add(name)
      drafts.services[index].set("command", .text(setting.value), by: setting)
      if file.directory != drafts.directory { drafts.services[index].set("directory", .text(file.directory), by: setting) }
      if exists(dotenv) { drafts.services[index].set("environment_file", .text(dotenv), by: setting) }
      // The convention of foreman: 5000, 5100 and so on.
      if setting.value.contains("$PORT") || setting.value.contains("${PORT") {
        drafts.services[index].set(["environment", "PORT"], .text("\(5000 + 100 * number)"), by: setting)
      }
      // A release runs once, before the others.
      if name == "release" { drafts.services[index].set("kind", .plain("oneshot"), by: setting) }
    }
  }
}
