// A parser for text/event-stream.

/// Takes bytes in pieces of any size, and returns whole events.
struct EventStreamParser {
  /// One event of the stream.
  struct Message: Sendable, Equatable {
    /// The last `id:` so far: the event after which to resume.
    var id: String?
    var kind: String
    var data: String
  }

  private var unfinished: [UInt8] = []
  private var id: String?
  private var kind = ""
  private var data: [String] = []

  mutating func take(_ bytes: [UInt8]) -> [Message] {
    unfinished += bytes
    var messages: [Message] = []
    var rest = unfinished[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      var line = rest[..<end]
      if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
      if let message = take(line: String(decoding: line, as: UTF8.self)) { messages.append(message) }
      rest = rest[(end + 1)...]
    }
    unfinished = Array(rest)
    return messages
  }

  private mutating func take(line: String) -> Message? {
    guard !line.isEmpty else {
      defer { (kind, data) = ("", []) }
      return data.isEmpty ? nil : Message(id: id, kind: kind.isEmpty ? "message" : kind, data: data.joined(separator: "\n"))
    }
    let colon = line.firstIndex(of: ":") ?? line.endIndex
    var value = line[colon...].dropFirst()
    if value.first == " " { value = value.dropFirst() }
    switch line[..<colon] {
    case "id": id = String(value)
    case "event": kind = String(value)
    case "data": data.append(String(value))
    // A comment, or a field of a later Stoker.
    default: break
    }
    return nil
  }
}
