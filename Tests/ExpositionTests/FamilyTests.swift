// The rules for names of families and labels.
import Testing

@testable import Exposition

@Suite("Families")
struct FamilyTests {
  @Test(
    "a fault in a family is found and named",
    arguments: [
      ("", .gauge, "not legal"), ("9lives", .gauge, "not legal"), ("my-metric", .gauge, "not legal"), ("größe", .gauge, "not legal"),
      ("job:up:sum", .gauge, "not legal"), ("__up", .gauge, "reserved"), ("requests", .counter, "_total"),
      ("requests_total", .gauge, "no counter"), ("requests_total", .histogram, "no counter"), ("build", .info, "_info"),
      ("x_bucket", .gauge, "_bucket"), ("x_count", .gauge, "_count"), ("x_sum", .histogram, "_sum"), ("x_created", .gauge, "_created"),
    ] as [(String, MetricType, String)])
  func faults(name: String, type: MetricType, says: String) throws {
    let fault = try #require(Names.fault(inFamily: name, type: type, help: "Help."))
    #expect(fault.contains("\"\(name)\"") && fault.contains(says))
  }

  @Test("a family without help is a fault")
  func help() {
    #expect(Names.fault(inFamily: "up", type: .gauge, help: "") == "metric \"up\" has no help text")
  }

  @Test(
    "good names pass",
    arguments: [
      ("http_requests_total", .counter), ("Up", .gauge), ("_x9", .gauge), ("a_seconds", .histogram), ("build_info", .info),
    ] as [(String, MetricType)])
  func good(name: String, type: MetricType) {
    #expect(Names.fault(inFamily: name, type: type, help: "Help.") == nil)
  }

  @Test("a bad label name is found and named", arguments: ["", "1st", "a-b", "a:b", "__name__", "le", "quantile", "naïve"])
  func labelFaults(name: String) throws {
    #expect(try #require(Names.fault(inLabel: name)).contains("\"\(name)\""))
  }

  @Test("a program with a badly named counter stops with a message")
  func stops() async throws {
    let result = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Family(name: "requests", type: .counter, help: "Requests.")
    }
    #expect(String(decoding: result.standardErrorContent, as: UTF8.self).contains("counter \"requests\" does not end in _total"))
  }
}
