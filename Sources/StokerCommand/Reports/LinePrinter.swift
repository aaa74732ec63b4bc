// Output of services on stdout; of several services, whole lines, each with its service's name.

import Glibc
import Synchronization

/// Prints the output of services: of several, line by line, where an incomplete line waits for its end.
final class LinePrinter: Sendable {
  private struct State {
    /// The incomplete line of each service.
    var unfinished: [String: [UInt8]] = [:]
    /// The text of each service, on a terminal.
    var texts: [String: TerminalText] = [:]
  }

  private let labels: [String: String]
  private let form: TerminalText.Form?
  private let state = Mutex(State())

  /// - Parameters:
  ///   - isLabelled: Each line begins with the name of its service, in a colour of its own on a terminal.
  ///   - isRaw: The bytes as they were written, also on a terminal.
  init(_ services: [String], isLabelled: Bool, isRaw: Bool) {
    let isColoured = Colours.areWanted(on: STDOUT_FILENO)
    form = isRaw || !Console.isTerminal(STDOUT_FILENO) ? nil : isColoured ? .coloured : .plain
    guard isLabelled else {
      labels = [:]
      return
    }
    let width = services.map(\.count).max() ?? 0
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
    // Printed under the lock, so that lines of two services never mix.
    state.withLock { state in
      guard let label = labels[service] else { return Console.print(raw: shown(bytes, of: service, &state)) }
      var rest = (state.unfinished[service, default: []] + bytes)[...]
      var out: [UInt8] = []
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        out += label.utf8
        out += shown(Array(rest[...end]), of: service, &state)
        rest = rest[(end + 1)...]
      }
      if rest.count > Self.lineBound {
        out += label.utf8
        out += shown(Array(rest), of: service, &state)
        out.append(UInt8(ascii: "\n"))
        rest = []
      }
      state.unfinished[service] = Array(rest)
      if !out.isEmpty { Console.print(raw: out) }
    }
  }

  private func shown(_ bytes: [UInt8], of service: String, _ state: inout State) -> [UInt8] {
    guard let form else { return bytes }
    return state.texts[service, default: TerminalText(form)].take(bytes)
  }
}
