// docs/states.md matches the machine.

import Glibc
import Testing

@testable import Orchestration

@Suite("The table of states")
struct StateTableTests {
  /// The page in the repository, three folders above this file.
  private var path: String {
    #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/docs/states.md"
  }

  @Test("the page in docs matches the machine: 'make states' writes it")
  func isCurrent() throws {
    let table = StateTable.text
    if getenv("WRITE_STATES") != nil {
      let file = try #require(fopen(path, "w"))
      defer { fclose(file) }
      fputs(table, file)
    }
    let file = try #require(fopen(path, "r"), "\(path) is missing: 'make states' writes it")
    defer { fclose(file) }
    var page = ""
    while let line = readLine(from: file) { page += line }
    #expect(page == table)
  }

  private func readLine(from file: UnsafeMutablePointer<FILE>) -> String? {
    var line: UnsafeMutablePointer<CChar>?
    var size = 0
    defer { free(line) }
    guard getline(&line, &size, file) >= 0, let line else { return nil }
    return String(cString: line)
  }

  @Test("each change of the status has exactly one record, in every state and for every input, and there is no other record")
  func wordsChangeThroughOneDoor() {
    for stand in StateTable.stands {
      for input in StateTable.inputs {
        var machine = stand.machine
        let before = machine.state.status
        var word = before
        input.give(&machine)
        for case .record(.status(_, let from, let to, _), _) in machine.takeSteps() {
          #expect(from == word && from != to, "\(stand.name), \(input.name)")
          word = to
        }
        #expect(word == machine.state.status, "\(stand.name), \(input.name)")
      }
    }
  }

  @Test("every state has an input that leaves it, or is left by a command")
  func nothingIsStuck() {
    let sections = StateTable.text.split(separator: "\n## ").dropFirst()
    #expect(sections.count == 19)
    for section in sections {
      let rows = section.split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst()
      #expect(
        rows.contains { row in
          !row.split(separator: "|", omittingEmptySubsequences: false)[2].allSatisfy { $0 == " " } || row.contains("start")
        })
    }
  }
}
