// What happens, as it happens: server-sent events that go on after a break.

import HTTPServer
import Orchestration

/// The stream of events.
struct EventRoutes: RouteGroup {
  let supervisor: Supervisor

  var routes: [Route] {
    [
      route("GET", "\(base)/events") { request, _ in events(request) }
    ]
  }

  /// How many events one write has at most: a reader that is far behind holds no more of them than that.
  private static let eventsAtOnce = 256

  /// `GET /events`
  func events(_ request: Request) -> Response {
    let published = supervisor.read()
    let services = Set(request.query.filter { $0.name == "service" }.map(\.value))
    for name in services.sorted() where published.graph.id(named: name) == nil { return .fault(notFound(name, in: published)) }
    let log = supervisor.events
    let resumed: Resumption?
    do {
      // What is wrong with one is not hidden by the other: a browser that comes back adds the header to the address it has.
      let asked = [request.header("Last-Event-ID"), request.first(query: "after")].compactMap(\.self)
      resumed = try asked.map { text throws(HTTPFault) in try Resumption(text, in: log) }.first
    } catch {
      return .fault(error)
    }
    return .stream(contentType: EventStream.contentType, heartbeat: EventStream.heartbeat()) { writer in
      var position: UInt64
      var head = EventStream.retry(after: .seconds(1))
      switch resumed {
      case .after(let sequence): position = sequence
      case .anotherLife:
        position = log.newest
        head += reset("restarted", "Stoker was started anew", at: position, in: log)
      case nil:
        position = log.newest
        head += hello(at: position, in: log)
      }
      try await writer.write(head)
      while !Task.isCancelled {
        let isOver = log.isClosed
        let news = log.news(after: position, limit: Self.eventsAtOnce)
        var bytes = news.isExpired ? reset("expired", "events before this are not kept any more", at: position, in: log) : []
        position = news.position
        for entry in news.entries where isWanted(entry.event, services) { bytes += entry.bytes }
        if !bytes.isEmpty { try await writer.write(bytes) }
        guard news.entries.isEmpty else { continue }
        if isOver { return }
        await log.wait(after: position)
      }
    }
  }

  /// Of the node everybody hears; of services those who asked for them.
  private func isWanted(_ event: LiveEvent, _ services: Set<String>) -> Bool {
    guard !services.isEmpty, let service = event.service else { return true }
    return services.contains(service)
  }

  private func hello(at position: UInt64, in log: EventLog) -> [UInt8] {
    let count = supervisor.read().services.count
    return own(
      "hello", at: position, in: log,
      [
        JSON.Member("node", .string(supervisor.configuration.name)), JSON.Member("version", .string(Build.version)),
        JSON.Member("services", JSON(count)),
      ], message: "Stoker \(Build.version) on \(supervisor.configuration.name)")
  }

  /// What was asked for cannot be had: everything is to be read again.
  private func reset(_ reason: String, _ message: String, at position: UInt64, in log: EventLog) -> [UInt8] {
    own("reset", at: position, in: log, [JSON.Member("reason", .string(reason))], message: message)
  }

  /// What is said to one reader alone. Its number is that of the last event before it.
  private func own(
    _ kind: String, at position: UInt64, in log: EventLog, _ details: [JSON.Member], message: String
  ) -> [UInt8] {
    EventLog.render(kind, at: .now, id: "\(log.life)-\(position)", details, message: message)
  }
}

/// Where a reader comes back to.
private enum Resumption: Sendable {
  case after(UInt64)
  /// Its number was given by a Stoker that is no more.
  case anotherLife

  init(_ text: String, in log: EventLog) throws(HTTPFault) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
    guard parts.count == 2, !parts[0].isEmpty, parts[0].utf8.allSatisfy({ digits.contains($0) || letters.contains($0) }),
      (1...19).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy(digits.contains), let sequence = UInt64(parts[1])
    else {
      throw .malformed("'\(text)' is not the id of an event")
    }
    self = parts[0] == log.life && sequence <= log.newest ? .after(sequence) : .anotherLife
  }
}
