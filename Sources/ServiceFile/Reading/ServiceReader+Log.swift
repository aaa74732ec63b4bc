// `log:` of a service.
import Orchestration

extension ServiceReader {
  /// The log of a service as far as it has been read.
  struct LogReading {
    var section = ServiceLogSection()
    /// The place of the log's path; nil where the file names none.
    var pathMark: Mark?
    /// The value of `timestamps`; nil where the file has none.
    var timestamps: Bool?
  }

  func readLog() -> LogReading {
    var reading = LogReading()
    guard let log = reader.mapping("log") else { return reading }
    if let entry = log.take("path"), let text = log.text(entry.value, "path", allowsEmpty: false) {
      if text == "none" {
        reading.section.path = .none
      } else if text.hasSuffix("/") {
        context.report(entry.value.mark, "\(log.scope.name("path")) must be a file, not a directory")
      } else if let path = log.path(text, entry.value, "path") {
        reading.section.path = .file(path)
        reading.pathMark = entry.value.mark
      }
    }
    reading.section.mode = log.choice("mode", ServiceLogSection.Mode.self) ?? reading.section.mode
    reading.section.maxSize = log.size("max_size") ?? reading.section.maxSize
    reading.section.maxFiles = log.integer("max_files", in: 1...10_000) ?? reading.section.maxFiles
    reading.timestamps = log.flag("timestamps")
    reading.section.timestamps = reading.timestamps ?? reading.section.timestamps
    reading.section.memoryLines = log.integer("memory_lines", in: 0...1_000_000) ?? reading.section.memoryLines
    log.finish()
    return reading
  }
}
