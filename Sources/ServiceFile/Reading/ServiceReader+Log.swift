// `log:` of a service.
import Orchestration

extension ServiceReader {
  /// The log of a service as far as it has been read.
  struct LogReading {
    var section = ServiceLogSection()
    /// The place of the log's path; nil where the file names none.
    var pathMark: Mark?
    /// The place of the path of its standard error.
    var errorPathMark: Mark?
    /// The value of `timestamps`; nil where the file has none.
    var timestamps: Bool?
    /// The value of `streams`; nil where the file has none.
    var streams: ServiceLogSection.Streams?
  }

  func readLog() -> LogReading {
    var reading = LogReading()
    guard let log = reader.mapping("log") else { return reading }
    if let (path, mark) = readLogPath("path", log) {
      reading.section.path = path
      reading.pathMark = mark
    }
    if let (path, mark) = readLogPath("stderr_path", log) {
      reading.section.errorPath = path
      reading.errorPathMark = mark
    }
    reading.section.isShared = log.flag("shared") ?? false
    reading.section.mode = log.choice("mode", ServiceLogSection.Mode.self) ?? reading.section.mode
    reading.section.maxSize = log.size("max_size") ?? reading.section.maxSize
    reading.section.maxFiles = log.integer("max_files", in: 1...10_000) ?? reading.section.maxFiles
    reading.timestamps = log.flag("timestamps")
    reading.section.timestamps = reading.timestamps ?? reading.section.timestamps
    reading.streams = log.choice("streams", ServiceLogSection.Streams.self)
    reading.section.streams = reading.streams ?? reading.section.streams
    reading.section.memoryLines = log.integer("memory_lines", in: 0...1_000_000) ?? reading.section.memoryLines
    log.finish()
    return reading
  }

  /// The path of a log, with its place unless it is `none`.
  private func readLogPath(_ key: String, _ log: MappingReader) -> (path: ServiceLogSection.Path, mark: Mark?)? {
    guard let entry = log.take(key), let text = log.text(entry.value, key, allowsEmpty: false) else { return nil }
    if text == "none" { return (.none, nil) }
    if text.hasSuffix("/") {
      context.report(entry.value.mark, "\(log.scope.name(key)) must be a file, not a directory")
      return nil
    }
    return log.path(text, entry.value, key).map { (.file($0), entry.value.mark) }
  }
}
