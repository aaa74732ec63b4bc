// Whether output is coloured.

import Glibc

enum Colours {
  static func areWanted(on descriptor: Int32) -> Bool {
    areWanted(
      isTerminal: isatty(descriptor) == 1, noColor: Environment.value("NO_COLOR"), terminal: Environment.value("TERM"))
  }

  /// Only on a terminal that understands colours, and unless the user refuses them (no-color.org).
  static func areWanted(isTerminal: Bool, noColor: String?, terminal: String?) -> Bool {
    isTerminal && (noColor ?? "").isEmpty && terminal != "dumb"
  }
}
