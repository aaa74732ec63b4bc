// What a service says: its last lines, and what comes after them.

import HTTPServer
import Orchestration
import Processes

extension API {
  /// `GET /service/{name}/logs`
  func logs(_ id: ServiceID, _ published: Published, _ request: Request) -> Response {
    var count = 100
    if let text = request.first(query: "tail") {
      guard let number = Int(text), (0...100_000).contains(number) else {
        return .fault(.malformed("'tail' is a number of lines from 0 to 100000, not '\(text)'"))
      }
      count = number
    }
    var stream: LogStream?
    if let text = request.first(query: "stream") {
      stream = LogStream(rawValue: text)
      if stream == nil { return .fault(.malformed("'stream' is 'stdout' or 'stderr', not '\(text)'")) }
    }
    var follows = false
    if let text = request.first(query: "follow") {
      guard ["", "0", "1", "true", "false"].contains(text) else { return .fault(.malformed("'follow' is 1 or 0, not '\(text)'")) }
      follows = text != "0" && text != "false"
    }
    guard let log = published.services[id.index].log else {
      return .fault(
        HTTPFault(status: 409, code: "no_log", message: "Service '\(published.name(id))' has no process, so it has no log"))
    }
    guard follows else { return .text(log.tail(count, stream: stream).map { $0.text + "\n" }.joined()) }
    return .stream(contentType: "text/plain; charset=utf-8") { [count, stream] writer in
      try await follow(log, tail: count, stream: stream) { try await writer.write($0) }
    }
  }

  /// The last lines, then each as it comes, until whoever reads goes away. Who is slower than the service is told how many lines it missed.
  /// With one stream alone the last lines are those of it among the last of both.
  private func follow(
    _ log: ServiceLog, tail count: Int, stream: LogStream?, _ write: ([UInt8]) async throws -> Void
  ) async throws {
    var position = await log.beginning(ofLast: count)
    while !Task.isCancelled {
      let news = log.lines(after: position, limit: 1000)
      position = news.next
      if news.skipped > 0 { try await write(Array("[\(news.skipped) lines were said faster than they were read]\n".utf8)) }
      let wanted = stream.map { stream in news.lines.filter { $0.stream == stream } } ?? news.lines
      if !wanted.isEmpty { try await write(Self.text(of: wanted)) }
      if news.lines.isEmpty { await log.waitForLines(after: position) }
    }
  }

  private static func text(of lines: [LogLine]) -> [UInt8] {
    var bytes: [UInt8] = []
    for line in lines {
      bytes += line.text.utf8
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }
}
