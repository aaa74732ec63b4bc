// The answers of `GET /metrics`, for any HTTP server.
import Synchronization

/// Answers scrapes of a registry: negotiates the format, collects once for overlapping scrapes, keeps the scraper's
/// deadline, and refuses scrapes above a limit.
///
/// It is independent of the server: a handler passes the header fields of a request and sends the answer, for `HEAD`
/// without the body.
///
/// ```swift
/// let endpoint = Endpoint(registry)
/// let answer = await endpoint.answer(headers: [("Accept", "text/plain")], query: [])
/// ```
public final class Endpoint: Sendable {
  /// The answer to a scrape.
  public struct Answer: Sendable {
    /// The status: 200, or 503 if there were too many scrapes or too little time.
    public let status: Int
    /// The header fields, without those that frame the body.
    public let headers: [(name: String, value: String)]
    /// The body, in parts to be sent one after the other.
    public let body: [[UInt8]]
  }

  /// The cost of a scrape.
  public struct Cost: Sendable {
    /// The seconds from its arrival until its page was written.
    public let seconds: Double
    /// The number of samples on the page.
    public let series: Int
    /// The size of the page before compression, in bytes.
    public let bytes: Int
  }

  private struct State {
    /// The scrapes under way, by their numbers.
    var inFlight: Set<UInt64> = []
    var lastNumber: UInt64 = 0
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
  ///   - maxInFlight: The largest number of scrapes at a time. 40 is two Prometheus servers that scrape every 15 s and
  ///     wait for five minutes.
  ///   - timeLimit: The longest time of a scrape; the scraper's own limit can only shorten it.
  ///   - executor: The executor for collecting and writing, which take milliseconds for each ten thousand series; nil:
  ///     Swift's own threads.
  ///   - prepare: Updates the data that collectors read, before each collection. It must return, since scrapes wait for
  ///     it.
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

  /// Answers a scrape. When its task is cancelled, since its client has gone, it makes room for another at once.
  ///
  /// - Parameters:
  ///   - headers: The header fields of the request. `Accept`, `Accept-Encoding` and `X-Prometheus-Scrape-Timeout-Seconds`
  ///     count.
  ///   - query: The pairs of its query. `name[]` keeps the named families, by their names in the text format.
  public func answer(headers: [(name: String, value: String)], query: [(name: String, value: String)]) async -> Answer {
    guard let number = enter() else { return .refusal("Limit of concurrent requests reached (\(maxInFlight)), try again later.\n") }
    defer { leave(number) }
    return await withTaskCancellationHandler {
      await page(headers, query)
    } onCancel: {
      leave(number)
    }
  }

  private func page(_ headers: [(name: String, value: String)], _ query: [(name: String, value: String)]) async -> Answer {
    let clock = SuspendingClock()
    let began = clock.now
    let limit = limit(asked: headers.values("x-prometheus-scrape-timeout-seconds"))
    let names = Set(query.filter { $0.name == "name[]" }.map(\.value))
    // A late page is useless for a scraper that has stopped waiting, so the time is checked before and after the writing.
    guard await collected().value(within: limit) != nil else { return .late(limit) }
    let page = await withTaskExecutorPreference(executor) { () -> RenderedPage? in
      // Those whose clients have gone would hold up the others.
      if Task.isCancelled { return nil }
      return registry.write(as: MediaType(accept: headers.values("accept")), names: names, gzip: Self.acceptsGzip(headers))
    }
    let taken = clock.now - began
    guard let page, taken <= limit else { return .late(limit) }
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

  /// The number of a scrape that may begin; nil if there are too many.
  private func enter() -> UInt64? {
    state.withLock { state in
      guard state.inFlight.count < maxInFlight else { return nil }
      state.lastNumber += 1
      state.inFlight.insert(state.lastNumber)
      return state.lastNumber
    }
  }

  private func leave(_ number: UInt64) {
    state.withLock { _ = $0.inFlight.remove(number) }
  }

  /// The time limit of a scrape. Half a second of the scraper's own limit is left for the transfer; half of the limit, if
  /// that is a second or less.
  private func limit(asked text: String?) -> Duration {
    guard let asked = text.flatMap(Double.init), asked > 0, asked < 1e6 else { return timeLimit }
    return min(timeLimit, .seconds(asked > 1 ? asked - 0.5 : asked / 2))
  }

  /// Whether gzip is named with a weight above 0. `*` is not enough, since a client that does not name gzip may not be able
  /// to decompress it.
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
  /// The values of all fields with this name, given in lower case, as one list; nil if there is none.
  fileprivate func values(_ name: String) -> String? {
    let values = filter { $0.name.lowercased() == name }.map(\.value)
    return values.isEmpty ? nil : values.joined(separator: ",")
  }
}
