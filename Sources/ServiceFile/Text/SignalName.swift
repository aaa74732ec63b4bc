// `TERM`, `SIGTERM`, `15`, `RTMIN+3`.
import Orchestration

/// Signals as a service file names them.
package enum SignalName {
  // 32 and 33 belong to glibc.
  private static let realTime = 34...64

  /// The signal's number; nil if there is no such signal.
  package static func number(of text: String) -> Int32? {
    if let number = NumberText.integer(text) {
      return (1...31).contains(number) || realTime.contains(number) ? Int32(number) : nil
    }
    let name = bare(text)
    if let position = Exit.signalNames.firstIndex(of: name) { return Int32(position + 1) }
    return realTimeNumber(name, base: "RTMIN", from: realTime.lowerBound, sign: "+")
      ?? realTimeNumber(name, base: "RTMAX", from: realTime.upperBound, sign: "-")
  }

  /// The end of a message, "; did you mean 'TERM'?", or nothing.
  static func hint(for text: String) -> String {
    Spelling.hint(for: bare(text), among: Exit.signalNames)
  }

  private static func realTimeNumber(_ name: String, base: String, from start: Int, sign: Character) -> Int32? {
    guard name.hasPrefix(base) else { return nil }
    let rest = name.dropFirst(base.count)
    if rest.isEmpty { return Int32(start) }
    guard rest.first == sign, let offset = NumberText.integer(String(rest.dropFirst())), (0...30).contains(offset) else { return nil }
    return Int32(sign == "+" ? start + offset : start - offset)
  }

  private static func bare(_ text: String) -> String {
    let name = text.uppercased()
    return name.hasPrefix("SIG") ? String(name.dropFirst(3)) : name
  }
}
