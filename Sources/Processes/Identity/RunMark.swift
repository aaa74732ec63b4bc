// The variable in a child's environment that identifies its run, also when nothing else does any more.

/// `STOKER_RUN=<mark>:<owner>:<run>`: inherited by every process of a run, and rarely removed.
enum RunMark {
  static let variable = "STOKER_RUN"

  /// The variable in the form of an environment.
  static func assignment(mark: String, key: RunKey) -> String {
    "\(variable)=\(mark):\(key.owner):\(key.run)"
  }

  /// The run in an environment (in the form of `/proc/PID/environ`: NUL after each variable); nil with
  /// another mark or none.
  static func key(in environment: UnsafeRawBufferPointer, mark: String) -> RunKey? {
    let prefix = Array("\(variable)=\(mark):".utf8)
    var start = 0
    while start < environment.count {
      var end = start
      while end < environment.count, environment[end] != 0 { end += 1 }
      let entry = environment[start..<end]
      if entry.starts(with: prefix) {
        let fields = entry.dropFirst(prefix.count).split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard fields.count == 2, !fields[0].isEmpty, let run = UInt64(String(decoding: fields[1], as: UTF8.self)) else { return nil }
        return RunKey(owner: String(decoding: fields[0], as: UTF8.self), run: run)
      }
      start = end + 1
    }
    return nil
  }
}
