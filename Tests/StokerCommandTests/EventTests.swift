// The events of a running Stoker as the command line reads them.

import Testing

@testable import StokerCommand

struct EventTests {
  private let stream = """
    retry: 1000

    id: life-7
    event: status
    data: {"kind":"status","at":"2025-10-22T04:00:00.500Z","service":"dao","from":"running","to":"backoff","cause":"killed by SIGKILL","message":"dao: restarts in 2 s (killed by SIGKILL)"}

    : still here

    id: life-8
    event: ready
    data: {"kind":"ready","is_ready":true,"message":"ready"}


    """

  @Test("events are the same however their bytes are split", arguments: [1, 7, 1000])
  func pieces(size: Int) {
    var parser = EventStreamParser()
    var messages: [EventStreamParser.Message] = []
    var rest = Array(stream.utf8)[...]
    while !rest.isEmpty {
      messages += parser.take(Array(rest.prefix(size)))
      rest = rest.dropFirst(size)
    }
    #expect(messages.map(\.id) == ["life-7", "life-8"])
    #expect(messages.map(\.kind) == ["status", "ready"])
    #expect(messages.first?.data.hasPrefix("{\"kind\":\"status\"") == true)
  }

  @Test("an event is one line: when, who, and what in plain words, in the colour of what it means")
  func line() throws {
    var parser = EventStreamParser()
    let event = try #require(parser.take(Array(stream.utf8)).first.flatMap(ServiceEvent.init))
    let line = event.line { _ in "06:00:00.500" }
    #expect(line.plain == "06:00:00.500  dao: restarts in 2 s (killed by SIGKILL)")
    #expect(line.pieces.last?.style == .warning)
  }

  @Test("an unfinished event is none, comments and empty events neither")
  func unfinished() {
    var parser = EventStreamParser()
    #expect(parser.take(Array(": hello\n\nid: 1\n\nevent: status\ndata: {}".utf8)) == [])
    #expect(parser.take(Array("\r\n\r\n".utf8)) == [EventStreamParser.Message(id: "1", kind: "status", data: "{}")])
  }
}
