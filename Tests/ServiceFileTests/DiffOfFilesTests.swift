// The effects of a reload on services that depend on each other, come and go, and on the supervisor itself.
import Addresses
import Orchestration
import Testing

@testable import ServiceFile

@Suite("The difference of two service files as a whole")
struct DiffOfFilesTests {
  private func diff(_ before: String, _ after: String) throws -> ServiceFileDiff {
    ServiceFileDiff(from: try read(before), to: try read(after))
  }

  private static func graph(_ edges: String, endpoints: String = "", front: String = "") -> String {
    """
    version: 1
    services:
    \(front)
      a: {command: [a], depends_on: {\(edges)}}
      edge: {command: [e], endpoints: {\(endpoints)}}
      p2p: {command: [p]}
      one: {kind: oneshot, command: [o]}

    """
  }

  @Test(
    "what is waited for counts from the next start on",
    arguments: [
      ("edge: {}", "edge: {condition: ready}", ["depends_on.edge.condition"]),
      ("edge: {}", "edge: {optional: true}", ["depends_on.edge.optional"]),
      ("edge: {}", "edge: {on_restart: stop}", ["depends_on.edge.on_restart"]),
      ("edge: {}", "p2p: {}", ["depends_on.p2p", "depends_on.edge"]),
      ("edge: {}, p2p: {}", "p2p: {}, edge: {}", []),
    ])
  func edges(before: String, after: String, reasons: [String]) throws {
    let action = reasons.isEmpty ? ServiceChange.Action.unchanged : .updated(reasons: reasons)
    #expect(try diff(Self.graph(before), Self.graph(after)).services[0].action == action)
  }

  @Test("a condition that follows from the dependency changes with it")
  func impliedCondition() throws {
    let text = Self.graph("edge: {}")
    let diff = try diff(text, text.replacing("[e],", with: "[e], ready: {notify: s6},"))
    #expect(diff.services[0].action == .updated(reasons: ["depends_on.edge.condition"]))
    #expect(diff.services[1].action == .restarted(reasons: ["ready.notify"], others: []))
  }

  @Test("an endpoint that was handed to a dependent restarts the dependent, not its owner")
  func endpoints() throws {
    let before = Self.graph("edge: {}", endpoints: "http: \"http://a/\", grpc: \"http://g/\"")
    let after = Self.graph("edge: {}", endpoints: "http: \"http://b/\", admin: \"http://c/\", grpc: \"http://g/\"")
    let diff = try diff(before, after)
    #expect(
      diff.services[0].action == .restarted(reasons: ["services.edge.endpoints.admin", "services.edge.endpoints.http"], others: []))
    #expect(diff.services[1].action == .updated(reasons: ["endpoints.admin", "endpoints.http"]))
    #expect(diff.services[2].action == .unchanged)
    // An edge that was not there handed nothing over.
    let added = try self.diff(Self.graph("", endpoints: "http: \"http://a/\""), Self.graph("edge: {}", endpoints: "http: \"http://b/\""))
    #expect(added.services[0].action == .updated(reasons: ["depends_on.edge"]))
  }

  @Test("an external dependent has no process that an endpoint was handed to")
  func externalDependent() throws {
    func file(_ url: String) -> String {
      "version: 1\nservices:\n  a: {kind: external, health: {heartbeat: {}}, depends_on: [b]}\n  b: {command: [x], endpoints: {u: \"\(url)\"}}\n"
    }
    #expect(try diff(file("http://a/"), file("http://b/")).services[0].action == .unchanged)
  }

  @Test("services are known by their names: places change nothing, and added and removed ones stand where they belong")
  func names() throws {
    let diff = try diff(
      "version: 1\nservices:\n  gone: {command: [g]}\n  a: {command: [a], depends_on: [b]}\n  b: {command: [b]}\n  left: {command: [l], depends_on: [gone]}\n",
      "version: 1\nservices:\n  new: {command: [n]}\n  b: {command: [b]}\n  # moved\n  a: {command: [a], depends_on: [b]}\n")
    #expect(
      diff.services == [
        ServiceChange(name: "new", before: nil, after: ServiceID(0), action: .added),
        ServiceChange(name: "b", before: ServiceID(2), after: ServiceID(1), action: .unchanged),
        ServiceChange(name: "a", before: ServiceID(1), after: ServiceID(2), action: .unchanged),
        ServiceChange(name: "gone", before: ServiceID(0), after: nil, action: .removed),
        ServiceChange(name: "left", before: ServiceID(3), after: nil, action: .removed),
      ])
    #expect(!diff.isEmpty)
  }

  @Test("a rename is one service less and one more")
  func rename() throws {
    let diff = try diff(oneService(""), oneService("").replacing("  a:", with: "  b:"))
    #expect(diff.services.map(\.action) == [.added, .removed])
  }

  @Test("a dependency that is gone is named by the dependent that loses it")
  func lostDependency() throws {
    let before = "version: 1\nservices:\n  a: {command: [x], depends_on: [b, c]}\n  b: {command: [x]}\n  c: {command: [x]}\n"
    let after = "version: 1\nservices:\n  a: {command: [x], depends_on: [c]}\n  c: {command: [x]}\n"
    #expect(try diff(before, after).services.map(\.action) == [.updated(reasons: ["depends_on.b"]), .unchanged, .removed])
  }

  @Test("comments, blanks, quotes, anchors and defaults written out change nothing")
  func comments() throws {
    let before = CompleteFileTests.text
    let after =
      "# first\n"
      + before.replacing("    services:", with: "    # here they are\n\n    services:").replacing(
        "kind: process", with: "kind: \"process\"")
    let diff = try diff(before, after)
    #expect(diff.isEmpty)
    #expect(diff.services.map(\.action) == Array(repeating: .unchanged, count: 8))
    let written = try self.diff(
      "version: 1\ndefaults: {nice: 1}\nservices:\n  a: {command: [x]}\n  b: {command: [x]}\n",
      "version: 1\nservices:\n  a: &a {command: [x], nice: 1}\n  b: *a\n")
    #expect(written.isEmpty)
  }

  @Test("a changed default is every service's change that takes it")
  func defaults() throws {
    func file(_ defaults: String) -> String {
      "version: 1\ndefaults: {\(defaults)}\nservices:\n  a: {command: [x]}\n  b: {command: [x], nice: 3}\n"
    }
    #expect(
      try diff(file("nice: 1"), file("nice: 2")).services.map(\.action) == [.restarted(reasons: ["nice"], others: []), .unchanged])
  }

  @Test("names of keys are told, never values")
  func secrets() throws {
    let diff = try diff(
      oneService("environment: {TOKEN: hunter1, OLD: hunter3}\nhealth: {http: {url: \"http://h/\", headers: {A: hunter1}}}"),
      oneService("environment: {TOKEN: hunter2}\nhealth: {http: {url: \"http://h/\", headers: {A: hunter2}}}"))
    #expect(!"\(diff)".contains("hunter"))
    #expect(
      diff.services[0].action == .restarted(reasons: ["environment.OLD", "environment.TOKEN"], others: ["health.http.headers.A"]))
  }

  // MARK: The supervisor

  @Test(
    "a changed key of stoker is named, and whether it takes effect at once",
    arguments: [
      ("name: a", "name: b", "name", false), ("listen: [\"h:1\"]", "listen: [\"h:1\", \"h:2\"]", "listen", false),
      ("state_dir: /a", "state_dir: /b", "state_dir", false), ("log: {level: info}", "log: {level: debug}", "log.level", true),
      ("log: {format: text}", "log: {format: json}", "log.format", false),
      ("metrics: {exclude: [io]}", "metrics: {exclude: [log]}", "metrics.exclude", false),
      ("", "metrics: {created_samples: true}", "metrics.created_samples", false), ("", "allowed_hosts: [a]", "allowed_hosts", false),
      ("", "discovery: {address: h}", "discovery.address", false), ("control: loopback", "control: socket", "control", false),
      ("", "exit_when: failed", "exit_when", true),
    ])
  func supervisor(before: String, after: String, key: String, isLive: Bool) throws {
    func file(_ keys: String) -> String { "version: 1\nstoker: {\(keys)}\nservices:\n  a: {command: [x]}\n" }
    let diff = try diff(file(before), file(after))
    #expect(diff.supervisor == [SupervisorChange(key: key, isLive: isLive)])
    #expect(diff.services[0].action == .unchanged)
    #expect(!diff.isEmpty)
    #expect(try self.diff(file(after), file(after)).isEmpty)
  }

  @Test("changed keys of stoker stand in the page's order; another spelling of the same is no change")
  func supervisorOrder() throws {
    func file(_ keys: String) -> String { "version: 1\nstoker: {\(keys)}\nservices:\n  a: {command: [x]}\n" }
    #expect(
      try diff(file("control: loopback"), file("control: socket, log: {format: json, level: error}, name: other")).supervisor.map(\.key)
        == ["name", "log.level", "log.format", "control"])
    let same = [
      ("listen: [\"h:1\", \"i:2\"]", "listen: [\"I:2\", \"h:1\"]"), ("", "listen: [\"127.0.0.1:10101\"]"),
      ("", "name: \(ServiceFile.defaultNodeName())"), ("allowed_hosts: [a, b]", "allowed_hosts: [B, a]"),
      ("", "control: \(ControlScope.standard().rawValue)"), ("discovery: {address: H}", "discovery: {address: h}"),
    ]
    for (before, after) in same { #expect(try diff(file(before), file(after)).isEmpty, "\(after)") }
  }

  // MARK: Size

  @Test("ten thousand services are compared, and only what changed is named")
  func scale() throws {
    func file(_ changed: String) -> String {
      var text = "version: 1\nservices:\n  s0: {command: [x], endpoints: {a: \"http://\(changed)/\"}}\n"
      for index in 1..<10_000 {
        text += "  s\(index): {command: [x], environment: {A: b}, depends_on: [s\(index / 2), \(index > 1 ? "s0" : "")]}\n"
      }
      return text.replacing(", ]", with: "]")
    }
    let (before, after) = (try read(file("a")), try read(file("b")))
    let diff = ServiceFileDiff(from: before, to: after)
    #expect(diff.services.count == 10_000)
    #expect(diff.services[0].action == .updated(reasons: ["endpoints.a"]))
    #expect(diff.services.dropFirst().allSatisfy { $0.action == .restarted(reasons: ["services.s0.endpoints.a"], others: []) })
    #expect(ServiceFileDiff(from: before, to: before).isEmpty)
  }
}
