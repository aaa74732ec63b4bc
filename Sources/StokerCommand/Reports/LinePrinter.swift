// Output of services on stdout; of several services, whole lines, each with its service's name.

import Glibc
import Synchronization

/// Prints the output of services: as it comes, where it is that of one service and no terminal shows it; else line by line. A terminal shows
/// the unfinished line of the service that wrote last below all others, and takes it back when there is more.
final class LinePrinter: Sendable {
  private struct State {
    /// The incomplete line of each service.
    var unfinished: [String: [UInt8]] = [:]
    /// Whether the terminal shows one of them.
    var isShown = false
  }

  private let labels: ServiceLabels
  private let form: TerminalText.Form?
  /// Whether a line on the terminal can be taken back.
  private let canTakeBack: Bool
  private let state = Mutex(State())

  /// - Parameters:
  ///   - isLabelled: Each line begins with the name of its service, in a colour of its own on a terminal.
  ///   - isRaw: The bytes as they were written, also on a terminal.
  init(_ services: [String], isLabelled: Bool, isRaw: Bool) {
    let isColoured = Colours.areWanted(on: STDOUT_FILENO)
    form = isRaw || !Console.isTerminal(STDOUT_FILENO) ? nil : isColoured ? .coloured : .plain
    canTakeBack = form != nil && Environment.value("TERM") != "dumb"
    labels = ServiceLabels(isLabelled ? services : [], isColoured: isColoured)
  }

  /// Longest incomplete line that is kept; then it is printed in parts.
  private static let lineBound = 64 * 1024
  /// Back to the beginning of the line, which is emptied.
  private static let takeBack = Array("\r\u{1B}[K".utf8)

  func take(_ bytes: [UInt8], of service: String) {
    // Printed under the lock, so that lines of two services never mix.
    state.withLock { state in
      guard form != nil || labels[service] != nil else { return Console.print(raw: bytes) }
      var rest = (state.unfinished[service, default: []] + bytes)[...]
      var out = state.isShown ? Self.takeBack : []
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        out += line(rest[...end], of: service)
        rest = rest[(end + 1)...]
      }
      if rest.count > Self.lineBound {
        out += line(rest + [UInt8(ascii: "\n")], of: service)
        rest = []
      }
      state.unfinished[service] = Array(rest)
      state.isShown = canTakeBack && !rest.isEmpty
      if state.isShown { out += shown(rest, of: service) }
      if !out.isEmpty { Console.print(raw: out) }
    }
  }

  /// Ends the incomplete lines, at the end of all output.
  func end() {
    state.withLock { state in
      var out = state.isShown ? Self.takeBack : []
      for (service, rest) in state.unfinished.sorted(by: { $0.key < $1.key }) where !rest.isEmpty {
        out += line(rest + [UInt8(ascii: "\n")], of: service)
      }
      state = State()
      if !out.isEmpty { Console.print(raw: out) }
    }
  }

  private func line(_ bytes: some Sequence<UInt8>, of service: String) -> [UInt8] {
    Array((labels[service] ?? "").utf8) + (form.map { TerminalText.shown(bytes, $0) } ?? Array(bytes))
  }

  /// An incomplete line in one row of the terminal: that after the last carriage return.
  private func shown(_ bytes: ArraySlice<UInt8>, of service: String) -> [UInt8] {
    let text = TerminalText.shown(bytes.lastState, .plain)
    let columns = (Screen.size(of: STDOUT_FILENO)?.columns ?? 80) - (labels[service] == nil ? 0 : service.count + 3)
    return Array((labels[service] ?? "").utf8) + Array(TextWidth.cut(String(decoding: text, as: UTF8.self), to: max(1, columns - 1)).utf8)
  }
}
