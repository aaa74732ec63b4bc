// The handler of swift-log that writes records as lines.

import Logging
import ServiceLogs
import Stoker

/// Formats each record and passes it to the writer.
struct LineLogHandler: LogHandler {
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?
  private let format: LogFormat
  private let writer: LogWriter
  private let shared: SharedLevel

  init(_ format: LogFormat, level: SharedLevel, writer: LogWriter) {
    shared = level
    self.format = format
    self.writer = writer
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
    let fields = merged.sorted { $0.key < $1.key }.map { (name: $0.key, value: "\($0.value)") }
    writer.write(format.line(event.level, "\(event.message)", fields, at: .now))
  }
}
