// Lines of several services on one stdout: whole lines, each with its service's name.

import Glibc
import Synchronization

/// Prints the output of services line by line. An incomplete line waits for its end.
final class LinePrinter: Sendable {
  private let labels: [String: String]
  private let unfinished = Mutex<[String: [UInt8]]>([:])

  /// - Parameter isLabelled: Each line begins with the name of its service, in a colour of its own on a terminal.
  init(_ services: [String], isLabelled: Bool) {
    guard isLabelled else {
      labels = [:]
      return
    }
    let width = services.map(\.count).max() ?? 0
    let isColoured = isatty(STDOUT_FILENO) == 1 && Environment.value("NO_COLOR").map(\.isEmpty) ?? true
    labels = Dictionary(
      services.enumerated().map { index, name in
        let padded = name + String(repeating: " ", count: width - name.count)
        return (name, isColoured ? "\u{1B}[\(Self.colours[index % Self.colours.count])m\(padded) |\u{1B}[0m " : "\(padded) | ")
      }, uniquingKeysWith: { first, _ in first })
  }

  /// Colours that are distinct on dark and on light backgrounds; red is for errors.
  private static let colours = [36, 33, 35, 32, 34, 96, 93, 95, 92, 94]
  /// Longest incomplete line that is kept; then it is printed in parts.
  private static let lineBound = 64 * 1024

  func take(_ bytes: [UInt8], of service: String) {
    guard let label = labels[service] else { return Console.print(raw: bytes) }
    // Printed under the lock, so that lines of two services never mix.
    unfinished.withLock { unfinished in
      var rest = (unfinished[service, default: []] + bytes)[...]
      var out: [UInt8] = []
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        out += label.utf8
        out += rest[...end]
        rest = rest[(end + 1)...]
      }
      if rest.count > Self.lineBound {
        out += label.utf8
        out += rest
        out.append(UInt8(ascii: "\n"))
        rest = []
      }
      unfinished[service] = Array(rest)
      if !out.isEmpty { Console.print(raw: out) }
    }
  }
}
