// The format of server-sent events.

import HTTPServer
import Testing

@Suite("Server-sent events")
struct EventStreamTests {
  @Test("an event has its fields in lines of their own and an empty line at its end")
  func fields() {
    #expect(text(EventStream.event(data: "{}".utf8)) == "data: {}\n\n")
    #expect(text(EventStream.event(id: "7", name: "state", data: "a b".utf8)) == "id: 7\nevent: state\ndata: a b\n\n")
    #expect(text(EventStream.event(id: "", data: "".utf8)) == "id: \ndata: \n\n")
  }

  @Test(
    "every line of the data gets a field, however lines end",
    arguments: [
      ("a\nb", "data: a\ndata: b\n\n"), ("a\r\nb", "data: a\ndata: b\n\n"), ("a\rb", "data: a\ndata: b\n\n"),
      ("a\n\nb\n", "data: a\ndata: \ndata: b\ndata: \n\n"), ("a\r\r\nb", "data: a\ndata: \ndata: b\n\n"),
      ("\n\r", "data: \ndata: \ndata: \n\n"), ("a: b", "data: a: b\n\n"),
    ])
  func lines(data: String, expected: String) {
    #expect(text(EventStream.event(data: data.utf8)) == expected)
  }

  @Test("a line break in an id, a name or a comment does not begin another field")
  func injection() {
    let event = EventStream.event(id: "1\ndata: x", name: "a\r\n\r\nb\rc", data: "d".utf8)
    #expect(text(event) == "id: 1 data: x\nevent: a  b c\ndata: d\n\n")
    #expect(text(EventStream.comment("a\n\ndata: x")) == ": a  data: x\n\n")
  }

  @Test("a heartbeat is an empty comment")
  func heartbeat() {
    #expect(EventStream.heartbeat() == StreamHeartbeat(every: .seconds(15), Array(": \n\n".utf8)))
  }

  @Test(
    "the pause before a client comes back is in whole milliseconds",
    arguments: [(Duration.seconds(3), 3000), (.milliseconds(1), 1), (.microseconds(2999), 2), (.zero, 0), (.seconds(-1), 0)])
  func retry(pause: Duration, milliseconds: Int) {
    #expect(text(EventStream.retry(after: pause)) == "retry: \(milliseconds)\n\n")
  }
}
