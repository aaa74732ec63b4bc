// Scrapes and their answers: sharing, number, time, contents.
import Synchronization
import Testing

@testable import Exposition

@Suite("Endpoint", .timeLimit(.minutes(10)))
struct EndpointTests {
  /// Collections that wait until the test lets them go on.
  private final class Gate: Sendable {
    private let started = AsyncStream<Void>.makeStream()
    private let permits = AsyncStream<Void>.makeStream()
    private let passed = Atomic<Int>(0)

    /// The number of collections that began.
    var count: Int { passed.load(ordering: .relaxed) }

    /// The first step of a collection.
    func pass() async {
      passed.wrappingAdd(1, ordering: .relaxed)
      started.continuation.yield()
      for await _ in permits.stream { return }
    }

    /// Waits until one more collection has begun.
    func begun() async {
      for await _ in started.stream { return }
    }

    /// Lets one collection go on.
    func open() {
      permits.continuation.yield()
    }
  }

  private let registry: Registry

  init() {
    registry = Registry(since: 0)
    let requests = LabelledCounter("code")
    requests["200"].increment(by: 7)
    registry.register(requests, as: Family(name: "requests_total", type: .counter, help: "Requests."))
    registry.register(as: Family(name: "heat", type: .gauge, help: "Heat.")) { 1 }
    registry.register(Histogram(bounds: [1]), as: Family(name: "wait_seconds", type: .histogram, help: "Waits."))
  }

  /// An endpoint with a long time limit: scrapes in these tests wait for a gate, on a machine that may be busy with
  /// other tests.
  private func endpoint(maxInFlight: Int = 40, prepare: @escaping @Sendable () async -> Void = {}) -> Endpoint {
    Endpoint(registry, maxInFlight: maxInFlight, timeLimit: .seconds(3600), prepare: prepare)
  }

  /// Starts a scrape, which is under way when this returns: it runs here until it first waits.
  private func begin(_ endpoint: Endpoint, timeout: String? = nil) -> Task<Endpoint.Answer, Never> {
    Task.immediate { await endpoint.answer(headers: timeout.map { [("X-Prometheus-Scrape-Timeout-Seconds", $0)] } ?? [], query: []) }
  }

  // MARK: Sharing

  @Test("scrapes that overlap share one collection, and one that comes after has its own")
  func sharing() async {
    let gate = Gate()
    let endpoint = endpoint { await gate.pass() }
    let scrapes = (0..<5).map { _ in begin(endpoint) }
    await gate.begun()
    let late = begin(endpoint)
    gate.open()
    for scrape in scrapes + [late] { #expect(await scrape.value.status == 200) }
    #expect(gate.count == 1)
    gate.open()
    #expect(await endpoint.answer(headers: [], query: []).status == 200)
    #expect(gate.count == 2)
  }

  @Test("changes between two collections are on the second page")
  func news() async {
    let heat = Gauge()
    let registry = Registry()
    registry.register(heat, as: Family(name: "heat", type: .gauge, help: "Heat."))
    let degrees = Atomic<Int>(0)
    let endpoint = Endpoint(registry, timeLimit: .seconds(3600)) { heat.set(Double(degrees.wrappingAdd(1, ordering: .relaxed).newValue)) }
    for expected in 1...3 { #expect(await endpoint.answer(headers: [], query: []).text.hasSuffix("heat \(expected)\n")) }
  }

  @Test("scrapes that share a collection get the formats that each asked for")
  func formats() async {
    let gate = Gate()
    let endpoint = endpoint { await gate.pass() }
    let text = begin(endpoint)
    let openMetrics = Task.immediate {
      await endpoint.answer(headers: [("accept", "application/openmetrics-text;version=1.0.0"), ("ACCEPT-encoding", "gzip")], query: [])
    }
    gate.open()
    #expect(await text.value.body.joined().elementsEqual(registry.write().bytes))
    #expect(await gunzipped(Array(openMetrics.value.body.joined())) == registry.write(as: MediaType(.openMetrics1)).bytes)
    #expect(gate.count == 1)
  }

  // MARK: Number

  @Test("while forty scrapes wait the next is turned away, and when they are answered there is room again")
  func fortyOne() async {
    let gate = Gate()
    let endpoint = endpoint { await gate.pass() }
    let scrapes = (0..<40).map { _ in begin(endpoint) }
    for _ in 0..<2 {
      let refusal = await endpoint.answer(headers: [("Accept-Encoding", "gzip")], query: [])
      #expect(refusal.status == 503 && refusal.text == "Limit of concurrent requests reached (40), try again later.\n")
      #expect(refusal.fields == ["Content-Type: text/plain; charset=utf-8", "Retry-After: 1"])
    }
    gate.open()
    for scrape in scrapes { #expect(await scrape.value.status == 200) }
    gate.open()
    #expect(await endpoint.answer(headers: [], query: []).status == 200)
    #expect(gate.count == 2)
  }

  @Test("a scrape that came too late for its answer makes room too")
  func lateOnesLeave() async {
    let gate = Gate()
    let endpoint = endpoint(maxInFlight: 1) { await gate.pass() }
    for _ in 0..<3 { #expect(await begin(endpoint, timeout: "0.02").value.text.hasPrefix("Exceeded")) }
    let last = begin(endpoint)
    gate.open()
    #expect(await last.value.status == 200)
    #expect(gate.count == 1)
  }

  @Test("a scrape whose client has gone makes room at once, before its collection and before its page is written")
  func goneOnesLeave() async {
    let gate = Gate()
    let endpoint = endpoint(maxInFlight: 1) { await gate.pass() }
    for _ in 0..<100 {
      let gone = begin(endpoint)
      gone.cancel()
      let next = begin(endpoint)
      next.cancel()
      #expect(await gone.value.text.hasPrefix("Exceeded"))
      #expect(await next.value.text.hasPrefix("Exceeded"))
    }
    let last = begin(endpoint)
    gate.open()
    #expect(await last.value.status == 200)
    #expect(endpoint.lastScrape != nil && gate.count == 1)
  }

  // MARK: Time

  @Test("a scraper whose time is over before the collection gets 503, and the collection goes on for the next")
  func late() async {
    let gate = Gate()
    let endpoint = endpoint { await gate.pass() }
    let answer = await begin(endpoint, timeout: "0.02").value
    // Half of the scraper's time is left for the transfer.
    #expect(answer.status == 503 && answer.text == "Exceeded the time for this scrape: 10 ms.\n")
    #expect(answer.fields == ["Content-Type: text/plain; charset=utf-8", "Retry-After: 1"])
    #expect(endpoint.lastScrape == nil)
    let next = begin(endpoint)
    gate.open()
    #expect(await next.value.status == 200)
    #expect(gate.count == 1)
  }

  @Test(
    "the endpoint's own limit holds for any limit of the scraper",
    arguments: ["60", "1e5", "inf", "abc", "-1", "nan", "0", "", "0.02,0.01", " 0x"])
  func ownLimit(timeout: String) async {
    let gate = Gate()
    let endpoint = Endpoint(registry, timeLimit: .milliseconds(15)) { await gate.pass() }
    #expect(await begin(endpoint, timeout: timeout).value.text == "Exceeded the time for this scrape: 15 ms.\n")
    gate.open()
  }

  @Test("a timeout that makes no sense does not break the scrape", arguments: ["abc", "-1", "nan", "0", "-inf", "", "1e309", "1000"])
  func oddTimeout(timeout: String) async {
    #expect(await begin(endpoint(), timeout: timeout).value.status == 200)
  }

  @Test("the time is that of the whole scrape: one that joins a collection waits for it no longer than it may")
  func joinsLate() async {
    let gate = Gate()
    let endpoint = endpoint { await gate.pass() }
    let patient = begin(endpoint)
    await gate.begun()
    #expect(await begin(endpoint, timeout: "0.02").value.status == 503)
    gate.open()
    #expect(await patient.value.status == 200)
  }

  // MARK: Contents of an answer

  @Test("name[] keeps the named families, by their names in the text format, in every format; other parameters are ignored")
  func names() async {
    let endpoint = endpoint()
    let query = [("name[]", "requests_total"), ("name[]", "nobody"), ("name", "heat"), ("collect[]", "heat")]
    let answer = await endpoint.answer(headers: [], query: query)
    #expect(answer.text == "# HELP requests_total Requests.\n# TYPE requests_total counter\nrequests_total{code=\"200\"} 7\n")
    let openMetrics = await endpoint.answer(headers: [("Accept", "application/openmetrics-text;version=1.0.0")], query: query)
    #expect(openMetrics.text == "# TYPE requests counter\n# HELP requests Requests.\nrequests_total{code=\"200\"} 7\n# EOF\n")
    #expect(await endpoint.answer(headers: [], query: [("name[]", "")]).text.isEmpty)
    #expect(await endpoint.answer(headers: [], query: [("name", "heat")]).text == registry.write().text)
  }

  @Test("the last scrape is that of a whole page")
  func lastScrape() async throws {
    let endpoint = endpoint()
    #expect(endpoint.lastScrape == nil)
    _ = await endpoint.answer(headers: [], query: [("name[]", "heat")])
    #expect(endpoint.lastScrape == nil)
    _ = await endpoint.answer(headers: [("Accept-Encoding", "gzip")], query: [])
    for _ in 0..<2 {
      let cost = try #require(endpoint.lastScrape)
      #expect(cost.series == 6 && cost.bytes == registry.write().bytes.count)
      #expect(cost.seconds >= 0 && cost.seconds < 60)
      // A later scrape of a part of a page changes nothing.
      _ = await endpoint.answer(headers: [], query: [("name[]", "heat")])
    }
  }

  @Test(
    "the page is compressed only for clients that name gzip",
    arguments: [
      ("gzip", true), ("GZIP", true), ("gzip;q=0.5", true), ("deflate, gzip;q=0.001 , br", true), ("gzip;q=0", false), ("*", false),
      ("identity", false), ("zstd, br", false), ("gzipped", false), ("", false), (nil, false), ("gzip;q=nan", false),
      ("gzip ; q = 0", false),
      ("gzip;q=2", false), ("gzip;q=0x1", false), ("gzip;Q=1.0", true), ("gzip;q=2, gzip;q=0.1", true),
      ("gzip;q", false), ("gzip; Q ", false), ("gzip;q=", false), ("gzip;q, gzip;q=1", true),
    ] as [(String?, Bool)])
  func compression(accept: String?, isCompressed: Bool) async {
    let answer = await endpoint().answer(headers: accept.map { [("Accept-Encoding", $0)] } ?? [], query: [])
    let fields = ["Content-Type: text/plain; version=0.0.4; charset=utf-8", "Vary: Accept, Accept-Encoding"]
    #expect(answer.status == 200 && answer.fields == fields + (isCompressed ? ["Content-Encoding: gzip"] : []))
    let bytes = Array(answer.body.joined())
    #expect((isCompressed ? gunzipped(bytes) : bytes) == registry.write().bytes)
  }

  @Test("several fields of a name are one list, with names in any case")
  func severalFields() async {
    let fields = [
      ("ACCEPT", "text/plain;q=0.5"), ("accept-encoding", "br"), ("Accept", "application/openmetrics-text;version=1.0.0;escaping=dots"),
      ("Accept-Encoding", "gzip"),
    ]
    let answer = await endpoint().answer(headers: fields, query: [])
    #expect(
      answer.fields == [
        "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=dots", "Vary: Accept, Accept-Encoding",
        "Content-Encoding: gzip",
      ])
    #expect(gunzipped(Array(answer.body.joined())) == registry.write(as: MediaType(.openMetrics1, escaping: .dots)).bytes)
  }
}

extension Endpoint.Answer {
  fileprivate var text: String { String(decoding: body.joined(), as: UTF8.self) }

  /// The headers as lines.
  fileprivate var fields: [String] { headers.map { "\($0.name): \($0.value)" } }
}
