// Server-sent events, as browsers' EventSource reads them; independent of connections.

/// The format `text/event-stream` of the HTML standard.
package enum EventStream {
  /// The type of a body of events.
  package static let contentType = "text/event-stream"

  /// A comment without text, which clients skip.
  package static func heartbeat(every interval: Duration = .seconds(15)) -> StreamHeartbeat {
    StreamHeartbeat(every: interval, comment(""))
  }

  /// One event.
  ///
  /// - Parameters:
  ///   - id: the id that a client sends in `Last-Event-ID` when it reconnects. Without one, the client keeps the previous one.
  ///   - name: the type that a page listens for; without one it is `message`.
  ///   - data: the text in UTF-8; it may have several lines, however they end, and comes back with line feeds.
  package static func event(id: String? = nil, name: String? = nil, data: some Sequence<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    if let id { append("id: ", id, to: &out) }
    if let name { append("event: ", name, to: &out) }
    out += "data: ".utf8
    forEachByte(of: data) { byte in
      if let byte { out.append(byte) } else { out += "\ndata: ".utf8 }
    }
    out += "\n\n".utf8
    return out
  }

  /// A line that clients skip.
  package static func comment(_ text: String) -> [UInt8] {
    var out: [UInt8] = []
    append(": ", text, to: &out)
    out += "\n".utf8
    return out
  }

  /// A line with the time for which a client should wait before it reconnects.
  package static func retry(after pause: Duration) -> [UInt8] {
    let (seconds, attoseconds) = pause.components
    return Array("retry: \(max(0, seconds * 1000 + attoseconds / 1_000_000_000_000_000))\n\n".utf8)
  }

  /// Appends a field of one line: a line break in a chosen value could begin another field.
  private static func append(_ field: String, _ value: String, to out: inout [UInt8]) {
    out += field.utf8
    forEachByte(of: value.utf8) { byte in out.append(byte ?? UInt8(ascii: " ")) }
    out += "\n".utf8
  }

  /// Each byte, and nil for each end of a line: LF, CR or both.
  private static func forEachByte(of bytes: some Sequence<UInt8>, _ body: (UInt8?) -> Void) {
    var last: UInt8 = 0
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\n") where last == UInt8(ascii: "\r"): break
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"): body(nil)
      default: body(byte)
      }
      last = byte
    }
  }
}
