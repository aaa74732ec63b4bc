// Labels: rendering, escaping, duplicates.
import Testing

@testable import Exposition

@Suite("Labels")
struct LabelsTests {
  @Test("labels are rendered in the order given")
  func order() {
    #expect(Labels(["name": "dao", "state": "running"]).description == #"{name="dao",state="running"}"#)
    #expect(Labels([("b", "1"), ("a", "2")]).adding("c", "3").description == #"{b="1",a="2",c="3"}"#)
    #expect(Labels.none.description == "{}")
  }

  @Test(
    "quotes, backslashes and line feeds in values are escaped, the rest is left as it is",
    arguments: [
      ("", #""#), (#"C:\dir"#, #"C:\\dir"#), (#"say "hi""#, #"say \"hi\""#), ("a\nb", #"a\nb"#), (#"\n"#, #"\\n"#),
      (#"\""#, #"\\\""#), ("\t\r", "\t\r"), ("\r\n", "\r\\n"), ("größe 火 🔥", "größe 火 🔥"), ("a=\"b\",c", #"a=\"b\",c"#),
    ])
  func escaping(value: String, rendered: String) {
    #expect(Array(Labels(["x": value]).description.utf8) == Array("{x=\"\(rendered)\"}".utf8))
  }

  @Test("equal labels are equal and hash alike, and text that looks like labels is not taken for them")
  func equality() {
    #expect(Set([Labels(["a": "1", "b": "2"]), Labels(["a": "1"]).adding("b", "2")]).count == 1)
    #expect(Labels(["a": #"1",b="2"#]) != Labels(["a": "1", "b": "2"]))
  }

  @Test("a name inside a value is no second label of that name")
  func namesInValues() {
    let labels = Labels(["a": #"",b="x"#]).adding("b", #"\"#).adding("c", #"\\",a="#).adding("ab", "=").adding("d", "")
    #expect(labels.description == #"{a="\",b=\"x",b="\\",c="\\\\\",a=",ab="=",d=""}"#)
  }

  @Test("a label given twice stops the program and is named, wherever it stands")
  func twice() async throws {
    let result = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Labels(["first": #"x"y\"#, "name": "a", "last": ""]).adding("name", "b")
    }
    #expect(String(decoding: result.standardErrorContent, as: UTF8.self).contains("label \"name\" is given twice"))
  }

  @Test("a label name that is not legal stops the program and is named")
  func illegal() async throws {
    let result = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Labels(["not-legal": "a"])
    }
    #expect(String(decoding: result.standardErrorContent, as: UTF8.self).contains("label name \"not-legal\" is not legal"))
  }
}
