// The environment of this process.

import Glibc
import Linux
import Processes

enum Environment {
  /// One variable; nil where it is unset or empty.
  static func value(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// All variables as they were when the process began. (`environ` itself is a global variable that any thread may change.)
  static var all: [String: String] {
    var variables: [String: String] = [:]
    for entry in entries where entry.bytes.contains(UInt8(ascii: "=")) {
      // Messages and files are text: a name or a value that is none cannot be meant there.
      guard let name = String(validating: entry.name, as: UTF8.self), let value = String(validating: entry.value, as: UTF8.self) else {
        continue
      }
      // The first of two counts, as for getenv.
      if variables[name] == nil { variables[name] = value }
    }
    return variables
  }

  /// The last arguments of this process, byte for byte; nil if there are fewer.
  static func lastArguments(_ count: Int) -> [[UInt8]]? {
    let arguments = CommandLine.unsafeArgv
    let all = Int(CommandLine.argc)
    guard count <= all else { return nil }
    return (all - count..<all).compactMap { index in
      arguments[index].map { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
    }
  }

  /// All variables byte for byte, in their order.
  static var entries: [EnvironmentVariable] {
    (SmallFile.read("/proc/self/environ", bound: .max) ?? []).split(separator: 0).map { EnvironmentVariable($0) }
  }
}
