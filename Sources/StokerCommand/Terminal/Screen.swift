// The terminal as a whole screen: raw input, the alternate screen, and the way back from every way out.

import Glibc
import Synchronization

/// The terminal of this process, taken over until the process ends.
///
/// Whoever ends the process by `exit` gives the terminal back by that; signals are waited for by `ScreenSignals`, which gives it back first.
enum Screen {
  /// How the terminal was; nil while it is not ours.
  private static let before = Mutex<termios?>(nil)
  private static let isRegistered = Atomic<Bool>(false)

  /// The alternate screen, without a cursor; a letter that is wider than thought does not begin a new line.
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
      // A new line still returns to the first column, for whatever else writes here.
      mode.c_oflag |= tcflag_t(OPOST)
      tcsetattr(STDIN_FILENO, TCSAFLUSH, &mode)
      write(takeOver)
    }
    if !isRegistered.exchange(true, ordering: .relaxed) { atexit { Screen.leave() } }
  }

  /// Takes it over again, after a pause; nothing where it was never taken.
  static func enterAgain() {
    if isRegistered.load(ordering: .relaxed) { enter() }
  }

  /// Gives the terminal back as it was. May be called at any time and more than once.
  static func leave() {
    before.withLock { before in
      guard var mode = before else { return }
      before = nil
      write(giveBack)
      tcsetattr(STDIN_FILENO, TCSADRAIN, &mode)
    }
  }

  /// Writes while the screen is ours; what comes too late is dropped.
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

  /// The size of the terminal on a descriptor; nil where there is none, or where it does not know.
  static func size(of descriptor: Int32) -> TerminalSize? {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
    return TerminalSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
  }

  /// Reads keys on a thread of its own until the terminal is gone.
  static func readKeys(_ deliver: @escaping @Sendable ([Key]) -> Void, gone: @escaping @Sendable () -> Void) throws(Failure) {
    let reader = Unmanaged.passRetained(KeyReader(deliver: deliver, gone: gone))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { context in
        if let context { Unmanaged<KeyReader>.fromOpaque(context).takeRetainedValue().work() }
        return nil
      }, reader.toOpaque())
    guard code == 0 else { throw Failure(.failure, "cannot start the thread that reads the keys: \(String(cString: strerror(code)))") }
    pthread_detach(thread)
  }
}

private final class KeyReader: Sendable {
  private let deliver: @Sendable ([Key]) -> Void
  private let gone: @Sendable () -> Void

  /// For so many milliseconds the rest of a sequence may take its time, as over a slow line.
  private static let patience: Int32 = 50

  init(deliver: @escaping @Sendable ([Key]) -> Void, gone: @escaping @Sendable () -> Void) {
    self.deliver = deliver
    self.gone = gone
  }

  func work() {
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

/// The signals that concern whoever has a screen, blocked everywhere and waited for by the main thread: nothing runs inside a handler.
struct ScreenSignals: Sendable {
  private let set: sigset_t

  /// What they ask for.
  enum Request {
    case resize, suspend, resume
  }

  /// Blocks them in this thread and in all that it starts; so this comes before the first task.
  static func block() -> ScreenSignals {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT] { sigaddset(&set, signal) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
    // An ignored signal is never waited for, and one that is ignored by default only while it has a disposition of its own.
    for signal in [SIGWINCH, SIGCONT] { Glibc.signal(signal) { _ in } }
    return ScreenSignals(set: set)
  }

  /// Waits for the next of them. One that ends a process gives the terminal back, and ends this one in its own way.
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
