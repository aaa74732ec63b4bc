// The log of a service: its last lines, and the lines that follow.

import HTTPServer
import Orchestration
import Processes
import ServiceLogs

/// The log of a service.
struct LogRoutes: RouteGroup {
  let supervisor: any SupervisorQueries

  var routes: [Route] {
    [
      route("GET", "\(base)/service/{name}/logs", access: .output, command: "stoker logs {name}") { request, parameters in
        await named(parameters) { logs($0, $1, request) }
      }
    ]
  }

  /// `GET /service/{name}/logs`
  func logs(_ id: ServiceID, _ published: Published, _ request: Request) -> Response {
    let count: Int
    let stream: LogStream?
    let follows: Bool
    do {
      count = try request.number(query: "tail", in: 0...100_000, default: 100, meaning: "a number of lines")
      stream = try Self.stream(of: request)
      follows = try request.isOn(query: "follow", words: "1 or 0")
    } catch {
      return .fault(error)
    }
    guard let log = published.services[id.index].log else {
      return .fault(
        HTTPFault(status: 409, code: "no_log", message: "Service '\(published.name(id))' has no process, so it has no log"))
    }
    guard follows else {
      var text = LogText()
      return .text(String(decoding: text.take(log.tail(count, stream: stream, isLive: true)), as: UTF8.self))
    }
    let name = published.name(id)
    return .stream(contentType: "text/plain; charset=utf-8") { writer in
      var position = await log.beginning(ofLast: count)
      var present = log
      var text = LogText()
      while true {
        try await follow(present, from: position, stream: stream, &text, writer)
        // A reload has changed its path, or has removed the service.
        let now = supervisor.read()
        guard !Task.isCancelled, let id = now.graph.id(named: name), let next = now.services[id.index].log, next !== present else { return }
        present = next
        position = 0
      }
    }
  }

  private static func stream(of request: Request) throws(HTTPFault) -> LogStream? {
    guard let text = request.first(query: "stream") else { return nil }
    guard let stream = LogStream(rawValue: text) else { throw .malformed("'stream' is 'stdout' or 'stderr', not '\(text)'") }
    return stream
  }

  /// A line is written while it is unfinished only if it stays so: most are cut by chance, between two reads.
  private static let patience = Duration.milliseconds(200)

  /// Writes each line as it comes, until the log ends or the client leaves. A client that is slower than the service gets the number of
  /// lines that it missed.
  private func follow(_ log: ServiceLog, from start: UInt64, stream: LogStream?, _ text: inout LogText, _ writer: StreamWriter) async throws
  {
    var position = start
    while !Task.isCancelled {
      // Read first, so that the last lines are not missed.
      let isOver = log.isOver
      let unfinished = log.unfinishedLines(stream: stream)
      let news = log.lines(after: position, limit: 1000)
      position = news.next
      if news.skipped > 0 {
        try await writer.write(text.end() + Array("[\(news.skipped) lines were written faster than they were read]\n".utf8))
      }
      let wanted = stream.map { stream in news.lines.filter { $0.stream == stream } } ?? news.lines
      if !wanted.isEmpty { try await writer.write(text.take(wanted)) }
      guard news.lines.isEmpty else { continue }
      if isOver { return }
      let now = Timestamp.now.nanoseconds
      let age = unfinished.lines.last?.unfinishedSince.map { Duration.nanoseconds(max(0, now - $0)) }
      if let line = unfinished.lines.last, let age, age >= Self.patience {
        let part = text.take([line])
        if !part.isEmpty { try await writer.write(part) }
        await log.waitForOutput(after: unfinished.revision)
      } else {
        await Self.wait(for: log, after: unfinished.revision, atMost: age.map { Self.patience - $0 })
      }
    }
  }

  /// Waits for output, or until an unfinished line is old enough.
  private static func wait(for log: ServiceLog, after revision: UInt64, atMost time: Duration?) async {
    guard let time else { return await log.waitForOutput(after: revision) }
    await withTaskGroup { group in
      group.addTask { await log.waitForOutput(after: revision) }
      group.addTask { try? await Task.sleep(for: time, clock: SuspendingClock()) }
      await group.next()
      group.cancelAll()
    }
  }
}
