// The stream of events: server-sent events that continue after an interruption.

import HTTPServer
import Orchestration

/// The stream of events.
struct EventRoutes: RouteGroup {
  let supervisor: any SupervisorQueries

  var routes: [Route] {
    [
      route("GET", "\(base)/events") { request, _ in events(request) }
    ]
  }

  /// The most events in one write: a subscriber that is far behind holds no more of them in memory.
  private static let eventsAtOnce = 256
  /// The size from which on bytes are written at once.
  private static let chunkSize = 16 << 10

  /// `GET /events`
  func events(_ request: Request) -> Response {
    let published = supervisor.read()
    let services = Set(request.query.filter { $0.name == "service" }.map(\.value))
    for name in services.sorted() where published.graph.id(named: name) == nil { return .fault(notFound(name, in: published)) }
    let log = supervisor.events
    let resumed: Resumption?
    do {
      // Both are checked, so a malformed one is never hidden by the other: a browser that reconnects adds the header to its old address.
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
        head += reset("restarted", "Stoker was started again", at: position, in: log)
      case nil:
        position = log.newest
        head += hello(at: position, in: log)
      }
      try await writer.write(head)
      while !Task.isCancelled {
        let isOver = log.isClosed
        let batch = log.batch(after: position, limit: Self.eventsAtOnce)
        var bytes = batch.isExpired ? reset("expired", "earlier events are no longer kept", at: position, in: log) : []
        position = batch.position
        for entry in batch.entries where isWanted(entry.event, services) {
          bytes += entry.bytes(for: request.rights)
          guard bytes.count >= Self.chunkSize else { continue }
          try await writer.write(bytes)
          bytes = []
        }
        if !bytes.isEmpty { try await writer.write(bytes) }
        guard batch.entries.isEmpty else { continue }
        if isOver { return }
        await log.wait(after: position)
      }
    }
  }

  /// Node events go to every subscriber; service events only to those that subscribed to the service, or to all services.
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

  /// Events are missing: the subscriber must read the whole state again.
  private func reset(_ reason: String, _ message: String, at position: UInt64, in log: EventLog) -> [UInt8] {
    own("reset", at: position, in: log, [JSON.Member("reason", .string(reason))], message: message)
  }

  /// An event for one subscriber alone. Its number is that of the last event before it.
  private func own(
    _ kind: String, at position: UInt64, in log: EventLog, _ details: [JSON.Member], message: String
  ) -> [UInt8] {
    EventLog.render(kind, at: .now, id: "\(log.life)-\(position)", details, message: message)
  }
}

/// The position at which a subscriber continues.
private enum Resumption: Sendable {
  case after(UInt64)
  /// Its number is from an earlier life of Stoker.
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
