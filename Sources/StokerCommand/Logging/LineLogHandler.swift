// The handler of swift-log that writes records as lines.

import Logging
import Stoker

/// Makes a record of each event.
struct LineLogHandler: LogHandler {
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?
  private let lines: LogLines
  private let shared: SharedLevel

  init(_ lines: LogLines, level: SharedLevel) {
    self.lines = lines
    shared = level
  }

  var logLevel: Logger.Level {
    get { shared.level }
    set { shared.level = newValue }
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var merged = metadata
    if let provided = metadataProvider?.get() { merged.merge(provided) { $1 } }
    if let own = event.metadata { merged.merge(own) { $1 } }
    if let error = event.error { merged["error"] = "\(error)" }
    let cause = merged.removeValue(forKey: LogCause.key).map { "\($0)" }
    let fields = merged.sorted { $0.key < $1.key }.map { (name: $0.key, value: "\($0.value)") }
    lines.write(LogRecord(time: .now, level: event.level, message: "\(event.message)", fields: fields), cause: cause)
  }
}
