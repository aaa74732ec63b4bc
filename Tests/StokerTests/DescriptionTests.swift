// The description of the HTTP interface has exactly the routes of the server.

import HTTPServer
import Logging
import NIOHTTP1
import Testing

@testable import Stoker

@Suite("The description of the interface")
struct DescriptionTests {
  private static let document = try? JSON(inOrder: Stoker.Description.bytes)

  @Test("has every route of the server, and no other")
  func routes() async throws {
    let document = try #require(Self.document)
    let supervisor = try Supervisor(SupervisorConfiguration(name: "test", services: []), logger: Logger(label: "test"))
    let page = MetricsPage(supervisor.supervision, registry: supervisor.metrics)
    let routes = Set(API(supervisor.supervision, metrics: page).routes.map { "\($0.method) \($0.pattern)" })
    await page.shutdown()
    let described = Set(
      try #require(document["paths"]?.members).flatMap { path in
        (path.value.members ?? []).filter { $0.name != "parameters" }.map { "\($0.name.uppercased()) \(path.name)" }
      })
    #expect(routes.subtracting(described).sorted() == [])
    #expect(described.subtracting(routes).sorted() == [])
  }

  @Test("has the version of this build")
  func version() throws {
    #expect(try #require(Self.document)["info"]?["version"] == .string(Build.version))
  }

  @Test("is on the page, every operation of it, with lines for where it is read")
  func page() throws {
    let document = try #require(Self.document)
    let page = Stoker.Description.page.text(base: "http://[::1]:8080")
    for path in document["paths"]?.members ?? [] {
      for operation in path.value.members ?? [] where operation.name != "parameters" {
        let id = try #require(operation.value["operationId"]?.string)
        #expect(page.contains("<details id=\"\(id)\">"))
      }
    }
    #expect(page.contains("curl -s http://[::1]:8080/api/orchestration/services"))
    #expect(
      page.contains(
        "curl -s -X POST -H 'Content-Type: application/json' -d '{&quot;cascade&quot;:true}' http://[::1]:8080/api/orchestration/stop/dao"))
    #expect(!page.contains("\u{1A}") && !page.contains("<script") && !page.contains("style="))
  }

  @Test("keeps the order of its members when it is read, and reads as others read it")
  func order() throws {
    let text = #"{"b": [1, -2.5, true, null, {}], "a": {"z": "\"\u00e4\\", "y": []}}"#
    let json = try JSON(inOrder: Array(text.utf8))
    #expect(json.members?.map(\.name) == ["b", "a"])
    #expect(json == ["b": [1, -2.5, true, nil, [:]], "a": ["z": "\"ä\\", "y": []]])
    for wrong in ["", "{", "[1,]", "{\"a\"}", "{\"a\":1,}", "[1] 2", "\"", "\"\\", "nul"] {
      #expect(throws: JSONError.self) { try JSON(inOrder: Array(wrong.utf8)) }
    }
  }

  @Test("is not sent again to a client that has it")
  func known() async throws {
    let bytes = Array("body".utf8)
    let body = CacheableBody(bytes, contentType: "text/plain")
    func answer(_ known: String?) -> Response {
      body.answer(Request(method: "GET", path: "/", headers: known.map { ["If-None-Match": $0] } ?? [:]))
    }
    let first = answer(nil)
    let tag = try #require(first.headers.first(name: "ETag"))
    #expect(first.status == 200 && first.parts == [bytes])
    for known in [tag, "\"x\", \(tag)", String(tag.dropFirst(2)), "*"] {
      #expect(answer(known).status == 304)
      #expect(answer(known).headers.first(name: "ETag") == tag)
    }
    #expect(answer("\"x\"").status == 200)
    // The server needs the body to see whether the 200 would vary.
    #expect(answer(tag).parts == [bytes] && answer(tag).headers.first(name: "Content-Type") == nil)
  }
}
