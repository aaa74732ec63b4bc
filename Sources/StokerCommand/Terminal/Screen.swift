// The terminal as a whole screen: raw input, the alternate screen, and its restoration on every exit.

import Glibc
import Linux
import Synchronization

/// The terminal of this process, taken over until the process ends.
///
/// `exit` restores the terminal by a handler; `ScreenSignals` restores it before a signal ends the process.
enum Screen {
  /// The terminal's mode before; nil while it is not taken over.
  private static let before = Mutex<termios?>(nil)
  private static let isRegistered = Atomic<Bool>(false)

  /// The alternate screen, without a cursor and without line wrap, since a letter may be wider than computed.
  private static let takeOver = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[0m\u{1B}[2J"
  private static let giveBack = "\u{1B}[0m\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

  /// Takes the terminal over.
  static func enter() {
    before.withLock { before in
      guard before == nil else { return }
      var mode = termios()
      guard tcgetattr(STDIN_FILENO, &mode) == 0 else { return }
      before = mode
      cfmakeraw(&mode)
      // A newline still returns to the first column, for the output of other programs.
      mode.c_oflag |= tcflag_t(OPOST)
      tcsetattr(STDIN_FILENO, TCSAFLUSH, &mode)
      write(takeOver)
    }
    if !isRegistered.exchange(true, ordering: .relaxed) { atexit { Screen.leave() } }
  }

  /// Takes it over again after a suspension, if it ever was.
  static func enterAgain() {
    if isRegistered.load(ordering: .relaxed) { enter() }
  }

  /// Restores the terminal. May be called at any time and more than once.
  static func leave() {
    before.withLock { before in
      guard var mode = before else { return }
      before = nil
      write(giveBack)
      tcsetattr(STDIN_FILENO, TCSADRAIN, &mode)
    }
  }

  /// Writes while the terminal is taken over; later output is dropped.
  static func show(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    before.withLock { before in
      guard before != nil else { return }
      _ = FileDescriptor.writeAll(bytes[...], to: STDOUT_FILENO)
    }
  }

  private static func write(_ sequence: String) {
    _ = FileDescriptor.writeAll(Array(sequence.utf8)[...], to: STDOUT_FILENO)
  }

  /// The size of the terminal on a descriptor; nil without a terminal or a known size.
  static func size(of descriptor: Int32) -> TerminalSize? {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
    return TerminalSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
  }

  /// Reads keys on a thread of its own until the terminal is closed.
  static func readKeys(_ deliver: @escaping @Sendable ([Key]) -> Void, gone: @escaping @Sendable () -> Void) throws(Failure) {
    let reader = KeyReader(deliver: deliver, gone: gone)
    do {
      _ = try NativeThread("stoker-keys", isDetached: true) { reader.work() }
    } catch {
      throw Failure(.failure, "cannot start the thread that reads the keys: \(error)")
    }
  }
}

private final class KeyReader: Sendable {
  private let deliver: @Sendable ([Key]) -> Void
  private let gone: @Sendable () -> Void

  /// Milliseconds that the rest of a sequence may take, as over a slow line.
  private static let patience: Int32 = 50

  init(deliver: @escaping @Sendable ([Key]) -> Void, gone: @escaping @Sendable () -> Void) {
    self.deliver = deliver
    self.gone = gone
  }

  func work() {
    // In the background, reading has to stop the process as usual: with this signal blocked it would fail instead.
    var background = sigset_t()
    sigemptyset(&background)
    sigaddset(&background, SIGTTIN)
    pthread_sigmask(SIG_UNBLOCK, &background, nil)
    var parser = KeyParser()
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      let ready = poll(&input, 1, parser.isWaiting ? Self.patience : -1)
      if ready == 0 {
        deliver(parser.flush())
        continue
      }
      let count = ready < 0 ? -1 : read(STDIN_FILENO, &buffer, buffer.count)
      if count < 0, errno == EINTR || errno == EAGAIN { continue }
      guard count > 0 else { return gone() }
      let keys = parser.take(buffer[..<count])
      if !keys.isEmpty { deliver(keys) }
    }
  }
}

/// The signals of a program with a screen, blocked in every thread and waited for by the main thread: no code runs inside a handler.
struct ScreenSignals: Sendable {
  private let set: sigset_t

  /// The request that a signal makes.
  enum Request {
    case resize, suspend, resume
  }

  /// Blocks them in this thread and in every thread that it starts; so this comes before the first task.
  static func block() -> ScreenSignals {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT] { sigaddset(&set, signal) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
    // sigwait never returns an ignored signal; one that is ignored by default needs a handler to be returned.
    for signal in [SIGWINCH, SIGCONT] { Glibc.signal(signal) { _ in } }
    return ScreenSignals(set: set)
  }

  /// Waits for the next of them. For one that ends a process, restores the terminal and ends this process by that signal.
  func next() -> Request {
    var set = set
    var number: Int32 = 0
    while true {
      guard sigwait(&set, &number) == 0 else { continue }
      switch number {
      case SIGWINCH: return .resize
      case SIGTSTP: return .suspend
      case SIGCONT: return .resume
      default:
        Screen.leave()
        signal(number, SIG_DFL)
        var only = sigset_t()
        sigemptyset(&only)
        sigaddset(&only, number)
        pthread_sigmask(SIG_UNBLOCK, &only, nil)
        raise(number)
      }
    }
  }
}
