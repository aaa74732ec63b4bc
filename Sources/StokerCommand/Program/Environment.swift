// The environment of this process.

import Glibc
import Linux

enum Environment {
  /// One variable; nil where it is unset or empty.
  static func value(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// All variables as they were when the process began. (`environ` itself is a global variable that any thread may change.)
  static var all: [String: String] {
    var variables: [String: String] = [:]
    for entry in (SmallFile.read("/proc/self/environ", bound: .max) ?? []).split(separator: 0) {
      guard let sign = entry.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let name = String(decoding: entry[..<sign], as: UTF8.self)
      // The first of two counts, as for getenv.
      if variables[name] == nil { variables[name] = String(decoding: entry[(sign + 1)...], as: UTF8.self) }
    }
    return variables
  }
}
