// The note that lines before a moment are not in Stoker's memory.

import Stoker

enum MemoryNote {
  /// The sentence about a service whose memory begins after `since`; nil where it reaches back so far, or is not known to.
  /// - Parameter service: An answer of `GET /service/{name}`.
  static func text(of service: JSON, since: Timestamp, now: Double) -> String? {
    let log = service["log"] ?? .null
    guard let begin = log["in_memory_since"]?.string.flatMap({ MomentText.parse($0, now: .now, isLocal: false) }), since < begin else {
      return nil
    }
    let name = service["service"]?.string ?? "?"
    let sentence = "\(name): Stoker has no lines in memory from before \(TimeOfDay.moment(begin.seconds, now: now))"
    guard let path = log["path"]?.string else { return sentence }
    guard !path.hasPrefix("/dev/") else { return "\(sentence); earlier ones, if there are any, went to \(path)" }
    return "\(sentence); earlier ones, if there are any, are in \(path) and the files that were rotated from it (\(path).1, .2.gz …)"
  }
}
