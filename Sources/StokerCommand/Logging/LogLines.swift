// Stoker's own log as lines: formats records, and sums up those of one cause.

import Logging
import Stoker
import Synchronization

/// Passes records to the writer, in the log's format.
final class LogLines: Sendable {
  private let format: LogFormat
  private let writer: LogWriter
  /// Records are written under the lock, so that a sum follows the lines before it.
  private let repeated = Mutex(RepeatedLines())

  init(_ format: LogFormat, writer: LogWriter) {
    self.format = format
    self.writer = writer
  }

  /// Writes a record, at once or in a sum (rule 79).
  /// - Parameter cause: Its cause; nil for a record that is always written.
  func write(_ record: LogRecord, cause: String?) {
    repeated.withLock { repeated in
      let wasWaiting = repeated.deadline != nil
      repeated.take(record, of: cause, at: .now).forEach(write)
      if !wasWaiting, let deadline = repeated.deadline { wait(until: deadline) }
    }
  }

  /// Writes the sums of a span that has not ended, and ends the writer.
  func close() {
    repeated.withLock { $0.end(at: .now).forEach(write) }
    writer.close()
  }

  /// Writes the sums when their span is over, also if nothing else is logged.
  private func wait(until deadline: SuspendingClock.Instant) {
    Task {
      try await Task.sleep(until: deadline, clock: SuspendingClock())
      repeated.withLock { $0.due(at: .now).forEach(write) }
    }
  }

  private func write(_ record: LogRecord) {
    writer.write(format.line(record.level, record.message, record.fields, at: record.time))
  }
}
