// `GET /metrics`, whatever server it stands behind.
import Synchronization

/// Answers scrapes of a registry: negotiates, collects once for all that overlap, keeps to the scraper's deadline, turns too many away.
///
/// It knows the fields of HTTP and no server: a handler gives it those of a request and sends what it answers, for `HEAD` without the body.
///
/// ```swift
/// let endpoint = Endpoint(registry)
/// let answer = await endpoint.answer(headers: [("Accept", "text/plain")], query: [])
/// ```
public final class Endpoint: Sendable {
  /// What a scraper is sent.
  public struct Answer: Sendable {
    /// 200, or 503 where there were too many scrapes or too little time.
    public let status: Int
    /// Without those that frame the body.
    public let headers: [(name: String, value: String)]
    /// The body, in parts to be sent one after the other.
    public let body: [[UInt8]]
  }

  /// What a scrape took.
  public struct Cost: Sendable {
    /// From its arrival until its page was written.
    public let seconds: Double
    /// Samples on the page.
    public let series: Int
    /// Bytes of the page before compression.
    public let bytes: Int
  }

  private struct State {
    var inFlight = 0
    var collection: Task<Void, Never>?
    var lastScrape: Cost?
  }

  private let registry: Registry
  private let maxInFlight: Int
  private let timeLimit: Duration
  private let executor: (any TaskExecutor)?
  private let prepare: @Sendable () async -> Void
  private let state = Mutex(State())

  /// An endpoint over a registry.
  ///
  /// - Parameters:
  ///   - maxInFlight: the most scrapes at a time. 40 is two Prometheis that scrape every 15 s and wait for five minutes.
  ///   - timeLimit: the longest a scrape may take; what the scraper says can only shorten it.
  ///   - executor: where collecting and writing happen, which take milliseconds for each ten thousand series; nil: on Swift's own threads.
  ///   - prepare: brings up to date what collectors read, once for each collection, before it. It must come to an end: scrapes meanwhile wait.
  public init(
    _ registry: Registry, maxInFlight: Int = 40, timeLimit: Duration = .seconds(10), executor: (any TaskExecutor)? = nil,
    prepare: @escaping @Sendable () async -> Void = {}
  ) {
    self.registry = registry
    self.maxInFlight = maxInFlight
    self.timeLimit = timeLimit
    self.executor = executor
    self.prepare = prepare
  }

  /// The cost of the last scrape of a whole page; nil before the first.
  public var lastScrape: Cost? { state.withLock { $0.lastScrape } }

  /// Answers a scrape.
  ///
  /// - Parameters:
  ///   - headers: the fields of the request. `Accept`, `Accept-Encoding` and `X-Prometheus-Scrape-Timeout-Seconds` count.
  ///   - query: the pairs of its query. `name[]` keeps the families named, by the names of the text format.
  public func answer(headers: [(name: String, value: String)], query: [(name: String, value: String)]) async -> Answer {
    guard enter() else { return .refusal("Limit of concurrent requests reached (\(maxInFlight)), try again later.\n") }
    defer { leave() }
    let clock = SuspendingClock()
    let began = clock.now
    let limit = limit(asked: headers.values("x-prometheus-scrape-timeout-seconds"))
    let names = Set(query.filter { $0.name == "name[]" }.map(\.value))
    // A page that is late is of no use to who has stopped waiting: the time is looked at before and after the writing.
    guard await collected().value(within: limit) != nil else { return .late(limit) }
    let page = await withTaskExecutorPreference(executor) {
      registry.write(as: MediaType(accept: headers.values("accept")), names: names, gzip: Self.acceptsGzip(headers))
    }
    let taken = clock.now - began
    guard taken <= limit else { return .late(limit) }
    if names.isEmpty {
      state.withLock { $0.lastScrape = Cost(seconds: taken / .seconds(1), series: page.series, bytes: page.size) }
    }
    return Answer(page)
  }

  /// The collection that is under way, or a new one.
  private func collected() -> Task<Void, Never> {
    state.withLock { state in
      if let collection = state.collection { return collection }
      let collection = Task(executorPreference: executor) {
        await self.prepare()
        self.registry.collect()
        self.state.withLock { $0.collection = nil }
      }
      state.collection = collection
      return collection
    }
  }

  private func enter() -> Bool {
    state.withLock { state in
      guard state.inFlight < maxInFlight else { return false }
      state.inFlight += 1
      return true
    }
  }

  private func leave() {
    state.withLock { $0.inFlight -= 1 }
  }

  /// How long a scrape may take. Of what the scraper gives it half a second stays for the way, or half of a second and less.
  private func limit(asked text: String?) -> Duration {
    guard let asked = text.flatMap(Double.init), asked > 0, asked < 1e6 else { return timeLimit }
    return min(timeLimit, .seconds(asked > 1 ? asked - 0.5 : asked / 2))
  }

  /// Whether gzip is named, with a weight above 0. `*` does not name it: who cannot say gzip had better not get it.
  private static func acceptsGzip(_ headers: [(name: String, value: String)]) -> Bool {
    WeightedList(headers.values("accept-encoding") ?? "").contains { $0.value == "gzip" && $0.weight > 0 }
  }
}

extension Endpoint.Answer {
  fileprivate init(_ page: RenderedPage) {
    var headers = [("Content-Type", page.type.description), ("Vary", "Accept, Accept-Encoding")]
    if page.isGzipped { headers.append(("Content-Encoding", "gzip")) }
    self.init(status: 200, headers: headers, body: page.parts)
  }

  fileprivate static func refusal(_ sentence: String) -> Self {
    Self(
      status: 503, headers: [("Content-Type", "text/plain; charset=utf-8"), ("Retry-After", "1")], body: [Array(sentence.utf8)])
  }

  fileprivate static func late(_ limit: Duration) -> Self {
    .refusal("Exceeded the time for this scrape: \(Int(limit / .milliseconds(1))) ms.\n")
  }
}

extension [(name: String, value: String)] {
  /// The values of all fields of a name, which is given in lower case, as one list; nil where there is none.
  fileprivate func values(_ name: String) -> String? {
    let values = filter { $0.name.lowercased() == name }.map(\.value)
    return values.isEmpty ? nil : values.joined(separator: ",")
  }
}
