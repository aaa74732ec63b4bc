// Plain lines on stdout and stderr, written at once. A terminal gets no control characters (rule 83); a pipe or a file gets what there is.

import Glibc
import Linux
import Stoker

enum Console {
  /// Lines on stdout.
  static func print(_ text: String) {
    write(text.hasSuffix("\n") ? text : text + "\n", to: STDOUT_FILENO)
  }

  /// Lines on stdout, in colours where they are wanted.
  static func print(_ lines: [StyledText]) {
    let isColoured = Colours.areWanted(on: STDOUT_FILENO)
    print(raw: lines.flatMap { $0.bytes(coloured: isColoured) + [UInt8(ascii: "\n")] })
  }

  /// A JSON value on stdout.
  static func print(_ value: JSON) {
    print(json: value.render(pretty: true))
  }

  /// JSON text on stdout.
  static func print(json bytes: [UInt8]) {
    write(isTerminal(STDOUT_FILENO) ? TerminalText.shown(bytes, .json) : bytes, to: STDOUT_FILENO)
  }

  /// Bytes on stdout, as they are.
  static func print(raw bytes: [UInt8]) {
    write(bytes, to: STDOUT_FILENO)
  }

  /// A sentence on stderr, with our name in front.
  static func report(_ sentence: String) {
    write("stoker: \(sentence)\n", to: STDERR_FILENO)
  }

  /// A line on stderr.
  static func note(_ line: String) {
    write("\(line)\n", to: STDERR_FILENO)
  }

  static func isTerminal(_ descriptor: Int32) -> Bool {
    isatty(descriptor) == 1
  }

  /// The columns of stdout; nil where it is not a terminal.
  static var width: Int? {
    var size = winsize()
    guard isTerminal(STDOUT_FILENO), ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  private static func write(_ text: String, to descriptor: Int32) {
    write(isTerminal(descriptor) ? TerminalText.shown(text.utf8, .plain) : Array(text.utf8), to: descriptor)
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) {
    guard let error = FileDescriptor.writeAll(bytes[...], to: descriptor), descriptor == STDOUT_FILENO else { return }
    // The reader has read enough (`stoker status | head -1`): no error.
    if error.errno == EPIPE { exit(ExitStatus.success.rawValue) }
    // Output that is lost silently would make `stoker status --json > full-disk` look like a success.
    report("cannot write the output: \(error)")
    exit(ExitStatus.failure.rawValue)
  }
}
