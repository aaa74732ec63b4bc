// Events as bytes of an event stream.

import HTTPServer

extension EventLog.Entry {
  /// The event on the wire; rendered once for all subscribers with the same right to read output.
  func bytes(for rights: Rights) -> [UInt8] {
    bytes(withOutput: rights.mayReadOutput) {
      let service = event.service.map { [JSON.Member("service", .string($0))] } ?? []
      return EventLog.render(
        event.kind, at: event.at, id: "\(life)-\(sequence)", service + event.details(for: rights), message: event.message.text(for: rights))
    }
  }
}

extension EventLog {
  /// An event on the wire. `details` are the members of its kind, in addition to those of all events.
  static func render(_ kind: String, at time: Timestamp, id: String, _ details: [JSON.Member], message: String) -> [UInt8] {
    let head = [JSON.Member("id", .string(id)), JSON.Member("kind", .string(kind)), JSON.Member("at", .string(time.rfc3339))]
    let data = JSON.object(head + details + [JSON.Member("message", .string(message))])
    // Without the newline at its end, which would be a line of data.
    return EventStream.event(id: id, name: kind, data: data.render().dropLast())
  }
}
