// Plain lines on stdout and stderr, written at once.

import Glibc
import Linux
import Stoker

enum Console {
  /// Lines on stdout.
  static func print(_ text: String) {
    write(Array((text.hasSuffix("\n") ? text : text + "\n").utf8), to: STDOUT_FILENO)
  }

  /// A JSON value on stdout.
  static func print(_ value: JSON) {
    print(String(decoding: value.render(pretty: true), as: UTF8.self))
  }

  /// Bytes on stdout, as they are.
  static func print(raw bytes: [UInt8]) {
    write(bytes, to: STDOUT_FILENO)
  }

  /// A sentence on stderr, with our name in front.
  static func report(_ sentence: String) {
    write(Array("stoker: \(sentence)\n".utf8), to: STDERR_FILENO)
  }

  /// A line on stderr, as it is.
  static func note(_ line: String) {
    write(Array("\(line)\n".utf8), to: STDERR_FILENO)
  }

  /// The columns of stdout; nil where it is not a terminal.
  static var width: Int? {
    var size = winsize()
    guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
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
