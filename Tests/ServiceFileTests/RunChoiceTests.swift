// The services that the command line chooses, and `stoker.exit_when` (rule 90).

import Orchestration
import ServiceFile
import Testing

@Suite("Choice of services")
struct RunChoiceTests {
  private static let text = """
    version: 1
    services:
      db: {command: [db], enabled: false}
      migrate: {kind: oneshot, command: [migrate], depends_on: [db]}
      web: {command: [web], depends_on: {migrate: {condition: completed}, cache: {optional: true}}}
      cache: {command: [cache]}
      test: {kind: oneshot, command: [test], enabled: false, depends_on: [web]}
      outside: {kind: external, health: {tcp: {address: "127.0.0.1:1"}}}
    """

  private func enabled(_ choice: RunChoice, isReload: Bool = false, text: String = text) throws -> [String] {
    let file = try ServiceFile.parse(text, path: "/f.yaml", environment: [:]).choosing(choice, isReload: isReload)
    #expect(file.graph.services == file.services.map(\.spec))
    return file.services.map(\.spec).filter(\.isEnabled).map(\.name)
  }

  @Test("names start these and what they require, through oneshots too, and nothing else")
  func names() throws {
    #expect(try enabled(RunChoice(names: ["web"])) == ["db", "migrate", "web"])
    #expect(try enabled(RunChoice(names: ["cache", "db"])) == ["db", "cache"])
  }

  @Test("the service that is waited for is started besides what the file starts, or besides the names")
  func until() throws {
    #expect(try enabled(RunChoice(untilCompleted: "test")) == ["db", "migrate", "web", "cache", "test", "outside"])
    #expect(try enabled(RunChoice(names: ["cache"], untilCompleted: "migrate")) == ["db", "migrate", "cache"])
  }

  @Test("an unknown name is refused with the nearest one, and in a reload only the one that is waited for")
  func unknown() throws {
    #expect(throws: (any Error).self) { try enabled(RunChoice(names: ["wbe"])) }
    do {
      _ = try enabled(RunChoice(names: ["wbe"]))
    } catch {
      #expect("\(error)" == "there is no service 'wbe' in the service file; did you mean 'web'?")
    }
    #expect(try enabled(RunChoice(names: ["gone", "cache"]), isReload: true) == ["cache"])
    #expect(throws: RunChoiceError.self) { try enabled(RunChoice(untilCompleted: "gone"), isReload: true) }
  }

  @Test("a service that never completes is not waited for")
  func endless() throws {
    for name in ["web", "outside"] { #expect(throws: RunChoiceError.self) { try enabled(RunChoice(untilCompleted: name)) } }
  }

  private func conditions(_ value: String, _ services: String = "{a: {kind: oneshot, command: [a]}, b: {command: [b]}}") throws -> Set<
    ExitCondition
  > {
    let text = "version: 1\nstoker: {exit_when: \(value)}\nservices: \(services)\n"
    return try ServiceFile.parse(text, path: "/f.yaml", environment: [:]).supervisor.exitConditions
  }

  @Test("exit_when is a word or a list of words")
  func exitWhen() throws {
    #expect(try conditions("completed") == [.completed])
    #expect(try conditions("failed") == [.failed])
    #expect(try conditions("[completed, failed]") == [.completed, .failed])
    #expect(throws: ServiceFileError.self) { try conditions("complete") }
    #expect(throws: ServiceFileError.self) { try conditions("{a: b}") }
  }

  @Test("a condition that no service can bring about is an error of the file")
  func pointless() throws {
    func problem(_ value: String, _ services: String) -> String {
      do {
        _ = try conditions(value, services)
        return ""
      } catch {
        return "\(error)"
      }
    }
    let oneshots = "'stoker.exit_when: completed' waits for oneshots, and no enabled service has 'kind: oneshot'"
    #expect(problem("completed", "{b: {command: [b]}}") == "/f.yaml:2:21: \(oneshots)")
    #expect(problem("completed", "{b: {kind: oneshot, enabled: false, command: [b]}}").hasSuffix(oneshots))
    let critical = "'stoker.exit_when: failed' waits for the failure of a critical service, and every service has 'critical: false'"
    #expect(problem("failed", "{b: {command: [b], critical: false}}").hasSuffix(critical))
  }
}
