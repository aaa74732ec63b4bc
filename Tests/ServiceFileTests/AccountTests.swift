// `user` and `group` without root.
import Glibc
import Orchestration
import Testing

@testable import ServiceFile

@Suite("Users and groups of services")
struct AccountTests {
  static let text = """
    version: 1
    defaults:
      group: adm
    services:
      a: {command: [x], group: fog, user: dao}
      b: {command: [x]}
      c: {command: [x]}
      d: {command: [x], user: fog, group: "1000"}
      e: {command: [x], user: 1000, group: fog}
      f: {command: [x], user: 0, group: 1001}

    """
  static let fog = Identity(user: Identity.Account(number: 1000, name: "fog"), group: Identity.Account(number: 1000, name: "fog"))

  private func problems(_ identity: Identity) throws -> [String] {
    try read(Self.text).problems(runningAs: identity).map(\.description)
  }

  @Test("without root another user or group than one's own is a fault at its place, told once for the defaults")
  func others() throws {
    func message(_ key: String, _ service: String) -> String {
      "'\(key)' of service '\(service)' needs root: Stoker runs as fog (1000), and can start nothing as another \(key); run it as root, or leave '\(key)' out"
    }
    #expect(
      try problems(Self.fog) == [
        "stoker.yaml:3:10: \(message("group", "b"))", "stoker.yaml:5:39: \(message("user", "a"))",
        "stoker.yaml:10:27: \(message("user", "f"))", "stoker.yaml:10:37: \(message("group", "f"))",
      ])
  }

  @Test("root may be anybody")
  func root() throws {
    let root = Identity(user: Identity.Account(number: 0, name: "root"), group: Identity.Account(number: 0, name: "root"))
    #expect(try problems(root).isEmpty)
  }

  @Test("an own account without a name is known by its number")
  func nameless() throws {
    let nameless = Identity(user: Identity.Account(number: 1000), group: Identity.Account(number: 1000))
    let said = try problems(nameless)
    #expect(said.contains { $0.contains(":9:") } == true, "its group is a name that nobody has: \(said)")
    #expect(!said.contains { $0.contains("'user' of service 'e'") })
    #expect(said.first?.contains("Stoker runs as 1000, and") == true)
  }

  @Test("a program's own services have no place, but the same fault; a value is not shown")
  func made() throws {
    let file = try ServiceFile(
      path: "/made", services: [ServiceDefinition(spec: ServiceSpec(name: "a"), command: ["x"], setup: SetupSection(user: "hunter2"))])
    let said = file.problems(runningAs: Self.fog).map(\.description)
    #expect(said.count == 1)
    #expect(said.first?.hasPrefix("/made: 'user' of service 'a' needs root") == true)
    #expect(!said.joined().contains("hunter2"))
  }

  @Test("whom this process acts as is asked of the system")
  func current() {
    let identity = Identity.current()
    #expect(identity.user.number == geteuid())
    #expect(identity.group.number == getegid())
    if let entry = getpwuid(geteuid()) { #expect(identity.user.name == String(cString: entry.pointee.pw_name)) }
  }
}
