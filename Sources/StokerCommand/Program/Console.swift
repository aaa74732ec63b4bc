// Plain lines on stdout and stderr, written at once.

import Glibc
import Stoker

enum Console {
  /// Lines on stdout.
  static func say(_ text: String) {
    put(Array((text.hasSuffix("\n") ? text : text + "\n").utf8), on: STDOUT_FILENO)
  }

  /// A JSON value on stdout.
  static func say(_ value: JSON) {
    say(String(decoding: value.render(pretty: true), as: UTF8.self))
  }

  /// Bytes on stdout, as they are.
  static func say(raw bytes: [UInt8]) {
    put(bytes, on: STDOUT_FILENO)
  }

  /// A sentence on stderr, with our name in front.
  static func complain(_ sentence: String) {
    put(Array("stoker: \(sentence)\n".utf8), on: STDERR_FILENO)
  }

  /// A line on stderr, as it is.
  static func note(_ line: String) {
    put(Array("\(line)\n".utf8), on: STDERR_FILENO)
  }

  /// How many characters fit on a line of stdout; nil where it is not a terminal.
  static var width: Int? {
    var size = winsize()
    guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  private static func put(_ bytes: [UInt8], on descriptor: Int32) {
    switch FileDescriptor.writeAll(bytes[...], to: descriptor) {
    case nil: return
    // The reader has seen enough: nothing to complain about, and nobody to complain to.
    case EPIPE where descriptor == STDOUT_FILENO: exit(ExitStatus.success.rawValue)
    case .some(let code):
      // Output that is lost silently would make `stoker status --json > full-disk` look like a success.
      guard descriptor == STDOUT_FILENO else { return }
      complain("cannot write the output: \(String(cString: strerror(code)))")
      exit(ExitStatus.failure.rawValue)
    }
  }
}

enum FileDescriptor {
  /// Writes all of `bytes`, waiting where the descriptor is full; answers the errno that ended it, nil if all is written.
  static func writeAll(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Int32? {
    bytes.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let written = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if written >= 0 {
          rest = rest.dropFirst(written)
          continue
        }
        switch errno {
        case EINTR: continue
        case EAGAIN:
          // Somebody who shares this terminal or pipe has made it non-blocking.
          var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          poll(&wanted, 1, -1)
        case let code: return code
        }
      }
      return nil
    }
  }
}
