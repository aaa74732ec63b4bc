// Broken and hostile YAML.
import Orchestration
import Testing

@testable import ServiceFile

@Suite("YAML and its limits")
struct YAMLLimitsTests {
  @Test("nothing but comments is an empty file")
  func empty() {
    #expect(faults("# nothing\n") == ["1:1: the file is empty; it begins with 'version: 1'"])
    #expect(faults("") == ["1:1: the file is empty; it begins with 'version: 1'"])
    #expect(faults("---\n~\n") == ["2:1: a service file is a mapping that begins with 'version: 1', not nothing"])
    #expect(faults("- a\n") == ["1:1: a service file is a mapping that begins with 'version: 1', not a list"])
  }

  @Test("what every file needs is asked for")
  func missing() {
    #expect(
      faults("stoker: {}\n") == [
        "1:1: 'version' is missing: it must be 1, the format of this file",
        "1:1: 'services' is missing: it must be a mapping of names to services",
      ])
    #expect(faults("version: 1\nservices: {}\n") == ["2:1: 'services' is empty: there is nothing to supervise"])
    #expect(faults("version: \"1\"\nservices: {a: {command: x}}\n").count == 1)
  }

  @Test("a syntax error comes with libyaml's words and its place, a tab with advice")
  func syntax() {
    #expect(
      faults("version: 1\nservices:\n\ta: 1\n") == [
        "3:1: found character that cannot start any token (while scanning for the next token begun at 3:1); indent with spaces, a tab is not allowed here"
      ])
    #expect(faults("version: [1\n").first?.hasPrefix("2:1: did not find expected ',' or ']'") == true)
  }

  @Test("bad UTF-8 and NUL bytes are reported where they stand")
  func bytes() {
    func first(_ bytes: [UInt8]) -> String? {
      do throws(ServiceFileError) {
        _ = try ServiceFile.read(bytes, file: "f", path: "/f", environment: [:])
        return nil
      } catch {
        return error.diagnostics.first?.description
      }
    }
    #expect(first(Array("version: 1\nä: ".utf8) + [0xFF, 0x0A]) == "f:2:4: invalid leading UTF-8 octet")
    #expect(first(Array("version: 1\n".utf8) + [0x00]) == "f:2:1: control characters are not allowed")
  }

  @Test("a NUL in a command is refused, as no program could be given it")
  func escapedNUL() {
    #expect(
      faults(oneService("", command: "command: [\"a\\0\"]")) == [
        "4:15: 'command' of service 'a' must be text without NUL characters, not 'a\u{FFFD}'"
      ])
  }

  @Test("nesting ends at 64, in the file and through aliases")
  func depth() {
    #expect(faults("a: " + String(repeating: "[", count: 20_000)) == ["1:67: nested deeper than 64"])
    let chain = "x0: &x0 [1]\n" + (1...100).map { "x\($0): &x\($0) [*x\($0 - 1)]\n" }.joined()
    #expect(faults(chain).first?.hasSuffix("nested deeper than 64") == true)
  }

  @Test("a bomb of aliases is refused at once")
  func bomb() {
    var text = "a0: &a0 [\(Array(repeating: "x", count: 9).joined(separator: ", "))]\n"
    for level in 1...12 { text += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", "))]\n" }
    #expect(faults(text).contains { $0.hasSuffix("the aliases of this file stand for more than 500000 values") })
  }

  @Test("an alias inside its own anchor has no anchor before it")
  func recursion() {
    #expect(faults("a: &a [*a]\n") == ["1:8: the alias '*a' has no anchor '&a' before it"])
  }

  @Test("a file of more than 4 MiB is refused")
  func size() {
    let text = "version: 1\n#" + String(repeating: "x", count: YAMLComposer.maximumSize)
    #expect(faults(text) == ["1:1: the file is larger than 4 MiB"])
  }

  @Test("a second document is refused")
  func documents() {
    #expect(faults(oneService("") + "---\nversion: 1\n") == ["5:1: a service file is one YAML document; a second one begins here"])
  }

  @Test("aliases and merge keys share what services have in common; own keys win")
  func merging() throws {
    let file = try read(
      """
      version: 1
      services:
        a: &common
          command: [sleep]
          stop: &stop {signal: INT, timeout: 5s}
          labels: {x: "1"}
        b:
          <<: *common
          labels: {y: "2"}
        c:
          <<: [{enabled: false}, *common]
          stop: {<<: *stop, timeout: 6s}
      """)
    #expect(file.services[1].command == ["sleep"])
    #expect(file.services[1].labels == ["y": "2"])
    #expect(file.services[2].spec.stop.signal == 2)
    #expect(file.services[2].spec.stop.timeout == .seconds(6))
    #expect(!file.services[2].spec.isEnabled)
  }

  @Test("a fault in what aliases share is reported once, where it stands")
  func sharedFault() {
    #expect(
      faults("version: 1\nservices:\n  a: &a {command: [x], nise: 1}\n  b: *a\n  c: {<<: *a}\n") == [
        "3:24: unknown key 'nise' in service 'a'; did you mean 'nice'?"
      ])
  }

  @Test("tags and keys that are no text are refused")
  func oddities() {
    #expect(
      faults(oneService("layer: !!int \"2\"")).first == "5:12: the tag 'tag:yaml.org,2002:int' is not supported: write the plain value")
    #expect(faults(oneService("? [x]\n: 1")) == ["5:7: a key must be text, not a list"])
    #expect(faults(oneService("<<: 1")) == ["5:9: '<<' takes a mapping or a list of mappings, not '1'"])
  }

  @Test("ten thousand services in a chain are read")
  func scale() throws {
    var text = "version: 1\nservices:\n  s0: {command: [x]}\n"
    for index in 1..<10_000 { text += "  s\(index): {command: [x], depends_on: [s\(index - 1)]}\n" }
    let file = try read(text)
    #expect(file.services.count == 10_000)
    #expect(file.graph.layers.last == 9_999)
  }
}
