// Several files that are one: `include`, `stoker.variables`, lists of variables, keys for anchors.
import Orchestration
import Testing

@testable import ServiceFile

@Suite("Included files and variables of the file")
struct IncludeTests {
  /// Loads `stoker.yaml` of a folder with these files; folders are made.
  private func load(_ files: [String: String], in directory: String, environment: [String: String] = [:]) throws -> ServiceFile {
    for (name, text) in files { try write(text.utf8, to: "\(directory)/\(name)") }
    return try ServiceFile.load("\(directory)/stoker.yaml", shown: "stoker.yaml", environment: environment)
  }

  private func faults(_ files: [String: String], environment: [String: String] = [:]) throws -> [String] {
    try withDirectory { directory in
      do {
        _ = try load(files, in: directory, environment: environment)
        return []
      } catch let error as ServiceFileError {
        return error.diagnostics.map { $0.description.replacing(directory, with: "DIR") }
      }
    }
  }

  private static let main =
    "version: 1\ninclude: [a.yaml, part-*.yaml]\ndefaults: {nice: 1, environment: {X: main}}\nservices:\n  web: {command: [w], depends_on: [two]}\n"

  @Test("services of all files are one graph, each with the defaults and the folder of its own file")
  func parts() throws {
    try withDirectory { directory in
      let file = try load(
        [
          "stoker.yaml": Self.main, "a.yaml": "services: {one: {command: [o]}}",
          "part-1.yaml": "version: 1\ndefaults: {nice: 2, environment: [Y=part]}\nservices: {two: {command: [t], log: {path: two.log}}}",
          "other.yaml": "nonsense",
        ], in: directory)
      #expect(file.services.map(\.spec.name) == ["web", "one", "two"])
      #expect(file.services.map(\.setup.nice) == [1, 1, 2])
      #expect(file.services[2].environment.map { $0.name + $0.value } == ["Xmain", "Ypart"])
      #expect(file.services[2].directory == directory)
      #expect(file.services[0].spec.dependencies.map(\.service.index) == [2])
      #expect(file.diagnostic(of: "two", at: .logPath, "x").description == "part-1.yaml:3:44: x")
      #expect(file.diagnostic(of: "web", at: .command, "x").description == "stoker.yaml:5:18: x")
    }
  }

  @Test("a fault names the file that it is in")
  func places() throws {
    #expect(
      try faults([
        "stoker.yaml": Self.main, "a.yaml": "services:\n  one: {command: [o], nice: high}\nstoker: {}\n",
        "part-1.yaml": "services:\n  two: {comand: [t]}\n",
        "part-2.yaml": "services: [",
      ]) == [
        "a.yaml:2:29: 'nice' of service 'one' must be a whole number from -20 to 19, not 'high'",
        "a.yaml:3:1: 'stoker' can stand in the service file alone, not in an included one",
        "part-1.yaml:2:9: unknown key 'comand' in service 'two'; did you mean 'command'?",
        "part-2.yaml:2:1: did not find expected node content (while parsing a flow node begun at 2:1)",
      ])
  }

  @Test("a service in two files, a circle, a file that is named twice and one that is missing are errors with their places")
  func refused() throws {
    let one = "services: {one: {command: [o]}}"
    #expect(
      try faults(["stoker.yaml": "version: 1\ninclude: a.yaml\nservices: {one: {command: [x]}}", "a.yaml": one]) == [
        "a.yaml:1:12: the service 'one' is in two files; the other one is at stoker.yaml:3"
      ])
    #expect(
      try faults(["stoker.yaml": "version: 1\ninclude: a.yaml", "a.yaml": "include: stoker.yaml\n" + one]) == [
        "a.yaml:1:10: files include each other in a circle: stoker.yaml -> a.yaml -> stoker.yaml"
      ])
    #expect(
      try faults(["stoker.yaml": "version: 1\ninclude: [a.yaml, ./a.*]", "a.yaml": one]) == [
        "stoker.yaml:2:19: 'a.yaml' is included twice; see line 2"
      ])
    #expect(
      try faults(["stoker.yaml": "version: 1\ninclude: [b.yaml, no/*.yaml]\nservices: {one: {command: [o]}}"]) == [
        "stoker.yaml:2:11: the included file 'b.yaml' cannot be read: No such file or directory (ENOENT)"
      ])
    #expect(
      try faults(["stoker.yaml": "version: 1\ninclude: no/*.yaml"]) == [
        "stoker.yaml:2:1: neither this file nor one that it includes has a service: there is nothing to supervise"
      ])
    #expect(try faults(["stoker.yaml": "version: 1\ninclude: {a: b}\nservices: {one: {command: [o]}}"]).count == 1)
  }

  @Test("a pattern means its own part alone: the folder's name may have its characters, and a change of what it finds is seen")
  func patterns() throws {
    #expect(PathPattern.literal("/a[1]*?\\b") == "/a\\[1\\]\\*\\?\\\\b")
    try withDirectory { directory in
      let file = try load(
        ["stoker.yaml": "version: 1\ninclude: p-*.yaml\nservices: {one: {command: [o]}}", "p-1.yaml": "services:"], in: directory)
      let inputs = try #require(file.inputs)
      #expect(!inputs.haveChanged())
      try write("services:\n".utf8, to: directory + "/p-1.yaml")
      #expect(inputs.haveChanged())
      try write("services:".utf8, to: directory + "/p-2.yaml")
      #expect(try load([:], in: directory).inputs?.haveChanged() == false)
      #expect(inputs.haveChanged())
    }
  }

  private static let variables = "version: 1\nstoker: {variables: [a.env, -b.env]}\nservices: {one: {command: [\"${A}\", \"${B:-no}\"]}}"

  @Test("variables of the file are for '${}', Stoker's own go before them, and services do not get them")
  func fileVariables() throws {
    try withDirectory { directory in
      let file = try load(["stoker.yaml": Self.variables, "a.env": "A=1\nB=2\n"], in: directory, environment: ["A": "own"])
      #expect(file.services[0].command == ["own", "2"])
      #expect(file.services[0].environment.isEmpty)
      #expect(try load(["b.env": "B=3\n"], in: directory).services[0].command == ["1", "3"])
      #expect(file.inputs?.haveChanged() == true)
    }
  }

  @Test("a file of variables that cannot be used is the only fault, at its own line or where it is named")
  func brokenVariables() throws {
    #expect(
      try faults(["stoker.yaml": Self.variables]) == [
        "stoker.yaml:2:22: the file of 'stoker.variables' cannot be used: DIR/a.env: No such file or directory (ENOENT); write '-' before its path if it may be missing"
      ])
    #expect(try faults(["stoker.yaml": Self.variables, "a.env": "B=1\nA"]) == ["DIR/a.env:2:1: expected NAME=value"])
    #expect(try faults(["stoker.yaml": Self.variables, "a.env": "B=1", ".env": "A=1"]).map { $0.prefix(17) } == ["stoker.yaml:3:28:"])
  }

  @Test("a log over a file that is included or has variables is refused")
  func logs() throws {
    let text = "version: 1\ninclude: a.yaml\nstoker: {variables: a.env}\nservices: {one: {command: [o], log: {path: %}}}"
    for name in ["a.yaml", "a.env"] {
      #expect(try faults(["stoker.yaml": text.replacing("%", with: name), "a.yaml": "services:", "a.env": "A=1"]).count == 1)
    }
  }

  @Test("an environment as a list is that as a mapping, with defaults beneath it")
  func list() throws {
    let file = try read(
      "version: 1\ndefaults: {environment: {A: 1, B: 2}}\nservices:\n  a: {command: [a], environment: [B=x=y, \"C=${HOME}\", D=]}\n")
    #expect(file.services[0].environment.map { "\($0.name)=\($0.value)" } == ["A=1", "B=x=y", "C=/home/fog", "D="])
    let instances = try read("version: 1\nservices:\n  a: {command: [a], instances: 2, environment: [\"N=${instance}\"]}\n")
    #expect(instances.services.map { $0.environment.map(\.value) } == [["1"], ["2"]])
  }

  @Test(
    "a list that is no environment is refused at its place",
    arguments: [
      ("[A]", "5:19: 'A' in 'environment' of service 'a' has no value: write 'A=${A}' for that of Stoker's own environment"),
      ("[A=1, A=2]", "5:24: 'environment' of service 'a' sets 'A' twice; it stands in line 5 already"),
      ("[[A]]", "5:19: an element of 'environment' of service 'a' must be text such as NAME=value, not a list"),
      ("[\"${HOME}=1\"]", "5:19: the name before '=' in 'environment' of service 'a' cannot have '${…}': write it out, not '${HOME}=1'"),
      ("[STOKER_RUN=1]", "5:19: 'environment.STOKER_RUN' of service 'a' is reserved: Stoker recognises its own processes by it"),
    ])
  func wrongList(list: String, fault: String) {
    #expect(ServiceFileTests.faults(oneService("environment: \(list)")) == [fault])
  }

  @Test("keys that begin with x- are a place for anchors")
  func extensions() throws {
    let file = try read(
      "version: 1\nx-one: &one {nice: 3, labels: {a: \"${instance}\"}}\nservices:\n  a: {<<: *one, command: [a], instances: 1, x-note: {b: c}}\n"
    )
    #expect(file.services[0].setup.nice == 3)
    #expect(file.services[0].labels == ["a": "1"])
    #expect(ServiceFileTests.faults("version: 1\nservices: {a: {command: [a], log: {x-a: 1}}}").count == 1)
  }
}
