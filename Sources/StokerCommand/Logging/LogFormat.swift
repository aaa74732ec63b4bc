// The format of a log line: text for a terminal, text with the date for a file, JSON for a program.

import Logging
import Stoker

enum LogFormat: Sendable {
  /// `01:02:03.456 info  betanet: running`, in local time: the reader of a terminal knows the date.
  case terminal
  /// `2026-11-23T01:02:03.456Z info  betanet: running`
  case text
  /// `{"time":"2026-11-23T01:02:03.456Z","level":"info","message":"betanet: running"}`
  case json

  /// One record as a line with its newline.
  func line(_ level: Logger.Level, _ message: String, _ fields: [(name: String, value: String)], at time: Timestamp) -> [UInt8] {
    switch self {
    case .json:
      let members = [
        JSON.Member("time", .string(time.rfc3339)), JSON.Member("level", .string(level.rawValue)),
        JSON.Member("message", .string(message)),
      ]
      return JSON.object(members + fields.map { JSON.Member($0.name, .string($0.value)) }).render()
    case .terminal, .text:
      let stamp = self == .text ? time.rfc3339 : TimeOfDay.local(nanoseconds: time.nanoseconds)
      let word = Self.word(level)
      let padding = String(repeating: " ", count: max(1, 6 - word.count))
      let rest = fields.map { " \($0.name)=\($0.value)" }.joined()
      return Array("\(stamp) \(word)\(padding)\(TerminalText.line(message + rest))\n".utf8)
    }
  }

  /// At most five letters, so that messages are aligned.
  private static func word(_ level: Logger.Level) -> String {
    switch level {
    case .trace: "trace"
    case .debug: "debug"
    case .info: "info"
    case .notice: "note"
    case .warning: "warn"
    case .error: "error"
    case .critical: "crit"
    }
  }
}
