// The names of processes, for people.

import Linux

/// The name that a process has given itself, or that of its program (proc(5), `comm`): at most 15 bytes.
package enum ProcessName {
  /// The name of the oldest of these processes; nil if it cannot be read. It has printable characters alone.
  package static func ofOldest(among pids: [Int32]) -> String? {
    guard let proc = try? ProcReader() else { return nil }
    guard let oldest = pids.compactMap({ proc.status(of: $0) }).min(by: { ($0.startTime, $0.pid) < ($1.startTime, $1.pid) }),
      let bytes = SmallFile.read("/proc/\(oldest.pid)/comm", bound: 64)
    else { return nil }
    let name = String(decoding: bytes, as: UTF8.self).unicodeScalars.filter { $0.properties.generalCategory.isPrintable }
    return name.isEmpty ? nil : String(String.UnicodeScalarView(name))
  }
}

extension Unicode.GeneralCategory {
  fileprivate var isPrintable: Bool {
    switch self {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    default: true
    }
  }
}
