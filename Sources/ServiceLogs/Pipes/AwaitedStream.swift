// A standard output whose reader is slower than the services that log there.

/// A stream that has to be writable before its logs go on.
struct AwaitedStream: Sendable {
  let sink: StreamSink
  /// The logs with output in its queue: one, unless others were read at the same time.
  private(set) var logs: [PipedLog] = []

  init(sink: StreamSink) {
    self.sink = sink
  }

  mutating func add(_ log: PipedLog) {
    if !logs.contains(where: { $0 === log }) { logs.append(log) }
  }

  /// Whether a log waits for it: a log of this stream, or one that went there by a link that was made later.
  func holdsUp(_ log: PipedLog) -> Bool { log.device == sink.device || logs.contains { $0 === log } }

  /// The devices of its logs.
  var devices: Set<UInt64> { Set(logs.map(\.device) + [sink.device]) }
}
