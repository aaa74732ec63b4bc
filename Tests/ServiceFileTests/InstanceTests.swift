// Several services of one section (rule 89).
import Orchestration
import Testing

@testable import ServiceFile

@Suite("Instances")
struct InstanceTests {
  private func services(_ lines: String) -> String { "version: 1\nservices:\n" + lines }

  @Test("a number makes instances by number, a list makes them by name, and ${instance} is the name in each value")
  func expansion() throws {
    let file = try read(
      """
      version: 1
      defaults:
        log: {path: "/var/log/x-${instance}.log"}
      services:
        web:
          instances: 3
          command: ["./web", "--port", "80${instance}", "${HOME}"]
          metrics:
            port: 90${instance}
        db: {instances: [a, 2.b], command: "db ${instance} $${instance}"}
      """)
    #expect(file.services.map(\.spec.name) == ["web@1", "web@2", "web@3", "db@a", "db@2.b"])
    #expect(file.services.map(\.spec.section) == ["web", "web", "web", "db", "db"])
    #expect(file.services.map(\.instance) == ["1", "2", "3", "a", "2.b"])
    #expect(file.services.map(\.type) == ["web", "web", "web", "db", "db"])
    #expect(file.services[1].command == ["./web", "--port", "802", "/home/fog"])
    #expect(file.services[1].metrics?.port == 902)
    #expect(file.services[4].command == ["/bin/sh", "-c", "db 2.b ${instance}"])
    #expect(file.services[4].log.path == .file("/var/log/x-2.b.log"))
  }

  @Test("one instance has a number too; a section without the key keeps its name, and ${instance} is a variable of the environment there")
  func plain() throws {
    let text = services("  a: {instances: 1, command: [x]}\n  b: {command: [\"${instance}\", \"${instance:-none}\"]}\n")
    let file = try read(text, environment: ["instance": "mine"])
    #expect(file.services.map(\.spec.name) == ["a@1", "b"])
    #expect(file.services[1].command == ["mine", "mine"] && file.services[1].instance == nil)
    #expect(
      faults(text) == [
        "4:17: the environment variable 'instance' is not set; set it, or give a default: ${instance:-default}; in a service with 'instances' it is the name of the instance"
      ])
  }

  @Test("a dependency on a section is one on each instance, by name on one, and with 'any' they are a group")
  func dependencies() throws {
    let file = try read(
      services(
        """
          db: {instances: [a, b], command: [x]}
          all: {command: [x], depends_on: [db]}
          any: {command: [x], depends_on: {all: {}, db: {instances: any, condition: started}}}
          one: {command: [x], depends_on: [db@b]}
          own: {instances: [a, b], command: [x], depends_on: ["db@${instance}"]}
        """))
    func edges(_ name: String) -> [String] {
      guard let id = file.graph.id(named: name) else { return [] }
      return file.graph[id].dependencies.map { file.graph[$0.service].name + ($0.group.map { " \($0)" } ?? "") }
    }
    #expect(edges("all") == ["db@a", "db@b"])
    #expect(edges("any") == ["all", "db@a 1", "db@b 1"])
    #expect(edges("one") == ["db@b"])
    #expect([edges("own@a"), edges("own@b")] == [["db@a"], ["db@b"]])
    #expect(file.graph.picture().contains("any <- all, any of db (2 instances)"))
  }

  @Test("a fault of the key is one sentence")
  func faultsOfTheKey() {
    let long = String(repeating: "x", count: 60)
    let range = "must be a whole number from 1 to 1000, or a list of names"
    let disabled = "; a service that is not to start has 'enabled: false'"
    let cases: [(String, String)] = [
      ("  a: {instances: 0, command: [x]}", "3:18: 'instances' of service 'a' \(range), not '0'\(disabled)"),
      ("  a: {instances: [], command: [x]}", "3:18: 'instances' of service 'a' is empty\(disabled)"),
      ("  a: {instances: 1001, command: [x]}", "3:18: 'instances' of service 'a' \(range), not '1001'"),
      ("  a: {instances: \"3\", command: [x]}", "3:18: 'instances' of service 'a' \(range), not the quoted text '3'"),
      (
        "  a: {instances: [b/c], command: [x]}",
        "3:19: a name in 'instances' of service 'a' must be letters, digits, '_', '.' and '-', not 'b/c'"
      ),
      ("  a: {instances: [b, b], command: [x]}", "3:22: 'instances' of service 'a' names 'b' twice; it stands in line 3 already"),
      (
        "  \(long): {instances: 2, command: [x]}",
        "3:77: the name '\(long)…' of an instance is longer than 61 bytes; shorten it, or that of the service"
      ),
      (
        "  web@1: {command: [x]}",
        "3:3: 'web@1' cannot be a service's name: a name is \(ServiceName.expected); instances are made by the key 'instances' of service 'web'"
      ),
    ]
    for (line, sentence) in cases { #expect(faults(services(line + "\n")) == [sentence]) }
    #expect(
      faults("version: 1\ndefaults: {instances: 2}\nservices: {a: {command: [x]}}\n") == [
        "2:12: 'instances' cannot be in 'defaults': give it to each service of which there are to be several"
      ])
  }

  @Test("a fault in a section of two hundred instances is reported once, with the section's name")
  func faultsOnce() {
    let text = services("  web: {instances: 200, comand: [x], depends_on: [dbb], nice: 99}\n  db: {command: [x]}\n")
    #expect(
      faults(text) == [
        "3:25: unknown key 'comand' in service 'web'; did you mean 'command'?",
        "3:51: service 'web@1' depends on 'dbb', which is not in this file; did you mean 'db'?",
        "3:63: 'nice' of service 'web' must be from -20 to 19, not '99'",
      ])
  }

  @Test("instances with one log file are refused with the remedy")
  func logs() {
    let text = services("  web: {instances: 3, command: [x], log: {path: /var/log/web.log}}\n")
    #expect(
      faults(text) == [
        "3:49: the services 'web@1' and 'web@2' would write to one log file, /var/log/web.log; give each its own: write ${instance} into 'log.path'; or add 'log.shared: true'"
      ])
  }

  @Test("two dependencies with one variable for their endpoints are refused, where one is an instance")
  func variables() {
    let end = "command: [x], endpoints: {http: \"http://127.0.0.1:1\"}"
    let text = services("  web: {instances: 1, \(end)}\n  web_1: {\(end)}\n  api: {command: [x], depends_on: [web, web_1]}\n")
    #expect(
      faults(text) == [
        "5:41: the endpoints of 'web@1' and 'web_1' would both be STOKER_WEB_1_HTTP in the environment of 'api'; rename one"
      ])
  }

  @Test(
    "a service that depends on a section and on one of its instances, or on its own section, is refused; a cycle of many is reported once")
  func impossible() {
    #expect(
      faults(services("  db: {instances: 2, command: [x]}\n  a: {command: [x], depends_on: [db, db@2]}\n"))
        == ["4:38: service 'a' depends on 'db@2' twice; see line 4"])
    #expect(faults(services("  a: {instances: 2, command: [x], depends_on: [a]}\n")) == ["3:48: service 'a@1' depends on itself"])
    #expect(
      faults(services("  a: {command: [x], depends_on: [b]}\n  b: {instances: 9, command: [x], depends_on: [a]}\n"))
        == ["3:34: cycle: a -> b@1 -> a"])
  }

  @Test("instances that stand for too much are refused")
  func bounds() {
    let pairs = (0..<1000).map { "X\($0): \"\"" }.joined(separator: ", ")
    #expect(
      faults(services("  a: {instances: 1000, command: [x], environment: {\(pairs)}}\n"))
        == ["3:7: the instances of this file stand for more than 1000000 values: make fewer, or several files"])
    #expect(
      faults(services("  a: {instances: 1000, command: [x]}\n  b: {instances: 201, command: [x], depends_on: [a]}\n"))
        == ["4:50: the instances of this file depend on each other in more than 200000 ways"])
  }

  private func shown(_ change: ServiceChange) -> String? {
    switch change.action {
    case .unchanged: nil
    case .added: "\(change.name) added"
    case .removed: "\(change.name) removed"
    case .updated(let reasons): "\(change.name) updated \(reasons.joined(separator: ","))"
    case .deferred, .started, .stopped: nil
    case .restarted(let reasons, _): "\(change.name) restarted \(reasons.joined(separator: ","))"
    }
  }

  @Test("another number adds and removes the difference, and changes nothing else but what waits for the section")
  func diff() throws {
    func file(_ instances: String, _ need: String = "all") throws -> ServiceFile {
      try read(
        services(
          "  web: {instances: \(instances), command: [x]}\n  api: {command: [x], depends_on: {web: {instances: \(need)}}}\n  z: {command: [x]}\n"
        ))
    }
    func changes(_ diff: ServiceFileDiff) -> [String] {
      diff.services.compactMap {
        self.shown($0)
      }
    }
    #expect(
      changes(ServiceFileDiff(from: try file("3"), to: try file("5"))) == ["web@4 added", "web@5 added", "api updated depends_on.web"])
    #expect(changes(ServiceFileDiff(from: try file("3"), to: try file("2"))) == ["api updated depends_on.web", "web@3 removed"])
    #expect(changes(ServiceFileDiff(from: try file("3"), to: try file("3", "any"))) == ["api updated depends_on.web.instances"])
    #expect(changes(ServiceFileDiff(from: try file("3"), to: try file("3"))) == [])
  }
}
