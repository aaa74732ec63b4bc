// The services that words on the command line stand for, and their order.

import Stoker
import Testing

@testable import StokerCommand

@Suite("Selection of services")
struct SelectionTests {
  private func service(_ section: JSON = .null, _ labels: JSON = [:], _ status: String = "running") -> JSON {
    ["section": section, "labels": labels, "status": .string(status), "health": "healthy", "checked": true, "restart_count": 1, "note": ""]
  }

  private var selection: ServiceSelection {
    ServiceSelection([
      "services": [
        "db": service(.null, ["tier": "core"]), "db-old": service(), "web@1": service("web", ["tier": "edge"]),
        "web@2": service("web", ["tier": "edge"]), "web@10": service("web"),
      ]
    ])
  }

  @Test(
    "names, sections, patterns and labels",
    arguments: [
      ("db", ["db"]), ("web", ["web@1", "web@2", "web@10"]), ("web@2", ["web@2"]), ("web@[12]", ["web@1", "web@2"]),
      ("db*", ["db", "db-old"]),
      ("web@?", ["web@1", "web@2"]), ("*", ["db", "db-old", "web@1", "web@2", "web@10"]), ("tier=core", ["db"]),
      ("tier=*", ["db", "web@1", "web@2"]), ("wep", []), ("x*", []), ("tier=", []), ("=", []),
    ])
  func words(_ word: String, _ names: [String]) {
    #expect(selection.services(word) == names)
  }

  @Test("a word without a service is an error that names it; each service comes once")
  func sentences() throws {
    func sentence(_ word: String, _ refusal: Failure? = nil) -> String { selection.missing(word, refusal).sentence }
    #expect(sentence("x*") == "no service matches 'x*'; 'stoker status' lists them")
    #expect(sentence("tier=edgy") == "no service has the label tier=edgy; did you mean 'edge'?")
    #expect(sentence("teir=edge") == "no service has the label teir=edge; did you mean 'tier'?")
    #expect(sentence("wbe") == "Service 'wbe' not found; did you mean 'web'?")
    #expect(sentence("dbx", Failure(.failure, "its own words")) == "its own words")
    #expect(try selection.services(["web@2", "web", "web@1", "db"]) == ["web@2", "web@1", "web@10", "db"])
    #expect(throws: Failure.self) { try selection.services(["db", "x*"]) }
  }

  @Test("numbers in names count as numbers")
  func order() {
    let names = ["web@10", "web@2", "web", "web@1", "a2b", "a10b", "a02b", "b", "web@a"]
    #expect(names.sorted(by: NaturalOrder.precedes) == ["a02b", "a2b", "a10b", "b", "web", "web@1", "web@2", "web@10", "web@a"])
  }

  private func lines(_ services: [JSON.Member]) -> [String] {
    StatusTable(["services": .object(services), "is_ready": true], now: 0).lines(width: nil).dropFirst().map {
      $0.split(separator: " ").joined(separator: " ")
    }
  }

  @Test("a section is one line with its sums, with its instances below it while they are few")
  func fewInstances() {
    let members = [
      JSON.Member("db", service()), JSON.Member("web@1", service("web")), JSON.Member("web@2", service("web", [:], "failed")),
    ]
    #expect(
      lines(members) == [
        "db running healthy - - 1", "web 1/2 healthy - - 2 1 running, 1 failed", "web@1 running healthy - - 1",
        "web@2 failed healthy - - 1",
      ])
  }

  @Test("of many instances those are shown that differ, and all where they alone are asked for")
  func manyInstances() {
    var webs = (1...200).map { JSON.Member("web@\($0)", service("web")) }
    let database = JSON.Member("db", service())
    #expect(lines(webs + [database]) == ["web 200/200 healthy - - 200 200 running", "db running healthy - - 1"])
    webs[6] = JSON.Member("web@7", service("web", [:], "backoff"))
    #expect(lines(webs + [database]).prefix(2) == ["web 199/200 healthy - - 200 199 running, 1 backoff", "web@7 backoff healthy - - 1"])
    #expect(lines(webs).count == 201)
  }
}
