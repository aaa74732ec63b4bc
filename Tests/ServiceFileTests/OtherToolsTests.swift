// Keys that people know from other tools.
import Glibc
import Orchestration
import Testing

@testable import ServiceFile

@Suite("Words of other tools")
struct OtherToolsTests {
  /// A file without faults but for this line, which stands at this place.
  private static func file(_ line: String, at place: OtherTools.Place) -> String {
    let key = line.prefix { $0 != ":" }
    func service(_ lines: [String]) -> String {
      let command = key == "command" && place == .service ? [] : ["command: [x]"]
      return "version: 1\nservices:\n  db: {command: [x]}\n  a:\n" + (command + lines).map { "    \($0)\n" }.joined()
    }
    switch place {
    case .file: return "version: 1\n\(line)\n" + (key == "services" ? "" : "services: {a: {command: [x]}}\n")
    case .supervisor: return "version: 1\nstoker:\n  \(line)\nservices: {a: {command: [x]}}\n"
    case .service: return service([line])
    case .dependency: return service(["depends_on:", "  db:", "    \(line)"])
    case .health: return service(["health:"] + (["exec", "http", "tcp"].contains(key) ? [] : ["  exec: {command: [x]}"]) + ["  \(line)"])
    case .restart: return service(["restart:", "  \(line)"])
    case .stop: return service(["stop:", "  \(line)"])
    case .ready: return service(["ready:", "  \(line)"])
    case .log: return service(["log:", "  \(line)"])
    }
  }

  @Test("each word is an unknown key at its place, and the error says what to write instead", arguments: OtherTools.table.indices)
  func words(index: Int) throws {
    let entry = OtherTools.table[index]
    for word in entry.words {
      let faults = faults(Self.file("\(word): x", at: entry.place))
      #expect(faults.count == 1, "\(faults)")
      let fault = try #require(faults.first)
      #expect(fault.contains("unknown key '\(word)' in ") && fault.hasSuffix("; \(entry.text)"), "\(fault)")
    }
  }

  @Test("each example is right where the word was wrong", arguments: OtherTools.table.indices)
  func examples(index: Int) {
    let entry = OtherTools.table[index]
    guard let example = entry.example, let key = entry.key else { return }
    #expect(faults(Self.file(example, at: entry.place)) == [])
    // The name that the advice quotes is the key that the example sets.
    if entry.advice.hasPrefix("its name here is '") { #expect(entry.advice.contains("'\(key)")) }
  }

  @Test("no place has a word twice")
  func once() {
    for place in OtherTools.Place.allCases {
      let words = OtherTools.table.filter { $0.place == place }.flatMap { entry in
        Set(entry.words.map { $0.lowercased().filter { $0 != "_" && $0 != "-" } })
      }
      #expect(Set(words).count == words.count && !words.isEmpty, "\(place): \(words.sorted())")
    }
  }

  @Test("case, underscores and hyphens do not matter", arguments: ["WORKING-DIR", "workingDir", "working_dir"])
  func spelling(word: String) {
    #expect(
      faults(oneService("\(word): /srv")) == [
        "5:5: unknown key '\(word)' in service 'a'; its name here is 'directory', as in 'directory: /srv/web'"
      ])
  }

  @Test("a command by another name is not missing as well, nor are services")
  func notMissing() {
    #expect(faults("version: 1\nservices:\n  a:\n    image: web\n").count == 1)
    #expect(faults("version: 1\nservices:\n  a:\n    ExecStart: /srv/web\n").count == 1)
    #expect(faults("version: 1\nprocesses: {a: {command: [x]}}\n").count == 1)
  }

  @Test("a mistyped key has its hint, and one from the defaults has the advice once")
  func others() {
    #expect(faults(oneService("directry: /srv")) == ["5:5: unknown key 'directry' in service 'a'; did you mean 'directory'?"])
    #expect(faults("version: 1\ndefaults: {cwd: /srv}\nservices:\n  a: {command: [x]}\n  b: {command: [x]}\n").count == 1)
  }

  private func readPage() throws -> String {
    let path = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/docs/service-file.md"
    return String(decoding: try FileContents.read(path, limit: 1 << 20), as: UTF8.self)
  }

  @Test("the page on the service file has the option of each program that `why` knows", arguments: ForegroundOption.all.indices)
  func foreground(index: Int) throws {
    let option = ForegroundOption.all[index]
    #expect(try readPage().contains("| \(option.program) | `\(option.command)`"))
  }

  @Test("the page on the service file has the whole table")
  func page() throws {
    let page = try readPage()
    let rows = OtherTools.table.map(Self.row)
    let start = try #require(page.split(separator: "\n").firstIndex { $0 == rows[0] }, "\n\(rows.joined(separator: "\n"))\n")
    #expect(page.split(separator: "\n")[start...].prefix(rows.count).map(String.init) == rows, "\n\(rows.joined(separator: "\n"))\n")
  }

  private static func row(_ entry: OtherTools.Entry) -> String {
    let place = entry.place == .file ? "the file" : "`\(entry.place.rawValue)`"
    let words = entry.words.map { "`\($0)`" }.joined(separator: ", ")
    let advice = String(entry.advice.map { $0 == "'" ? "`" : $0 })
    return "| \(words) | \(place) | \(advice)\(entry.example.map { ": `\($0)`" } ?? "") |"
  }
}

@Suite("A policy in a word")
struct PolicyWordTests {
  @Test("a word under restart is the policy of a mapping", arguments: RestartPolicy.Rule.allCases)
  func word(rule: RestartPolicy.Rule) throws {
    let short = try read(oneService("restart: \(rule.rawValue)"))
    let long = try read(oneService("restart: {policy: \(rule.rawValue)}"))
    #expect(short.services == long.services && short.services[0].spec.restart.rule == rule)
    #expect(ServiceFileDiff(from: short, to: long).isEmpty)
  }

  @Test("it leaves the other keys of the defaults, and may stand in the defaults itself")
  func defaults() throws {
    let text = "version: 1\ndefaults: {restart: {max_attempts: 7}}\nservices:\n  a: {command: [x], restart: never}\n"
    #expect(try read(text).services[0].spec.restart == RestartPolicy(rule: .never, maxAttempts: 7))
    let below = "version: 1\ndefaults: {restart: never}\nservices:\n  a: {command: [x], restart: {max_attempts: 7}}\n"
    #expect(try read(below).services[0].spec.restart == RestartPolicy(rule: .never, maxAttempts: 7))
    #expect(try read(oneService("restart: ${P:-never}")).services[0].spec.restart.rule == .never)
  }

  @Test(
    "a word of another tool is refused with the word to write",
    arguments: [
      ("no", "not 'no'; write 'never'"), ("\"no\"", "not 'no'; write 'never'"),
      ("unless-stopped", "not 'unless-stopped'; write 'always': what a person stopped stays stopped, over a restart of Stoker too"),
      ("on-failure:3", "not 'on-failure:3'; write {policy: on-failure, max_attempts: 3}"),
      ("unexpected", "not 'unexpected'; write 'on-failure'"), ("alway", "not 'alway'; did you mean 'always'?"),
      ("on-failure:x", "not 'on-failure:x'; did you mean 'on-failure'?"),
    ])
  func refused(word: String, end: String) {
    let start = "5:14: 'restart.policy' of service 'a' must be always, on-failure or never, "
    #expect(faults(oneService("restart: \(word)")) == [start + end])
  }

  @Test("a oneshot is not restarted always, in a word either; a list is no policy")
  func wrong() {
    #expect(faults(oneService("kind: oneshot\nrestart: always")).count == 1)
    #expect(faults(oneService("restart: [always]")).count == 1)
    #expect(faults(oneService("restart:")).isEmpty)
  }
}
