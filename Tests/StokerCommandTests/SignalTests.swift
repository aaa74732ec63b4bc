// The table of signals, and which stop signals are one.

import Glibc
import Testing

@testable import StokerCommand

struct SignalTests {
  @Test("each signal is a stop, a reload, nothing, or left alone; none that would end Stoker is left alone but faults")
  func table() {
    let first = __libc_current_sigrtmin()
    let stops = [SIGTERM, SIGINT, SIGQUIT, SIGPWR] + ([3, 4, 5, 6, 13, 14, 15, 16] as [Int32]).map { first + $0 }
    let faults = [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS]
    let harmless = [SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGCHLD, SIGURG, SIGWINCH, SIGPIPE]
    for number in 1...__libc_current_sigrtmax() {
      let request = Signals.request(of: number)
      switch number {
      case _ where stops.contains(number): #expect(request == .stop, "\(number)")
      case SIGHUP: #expect(request == .reload)
      case SIGKILL, SIGSTOP, 32..<first: #expect(request == nil, "\(number)")
      case _ where faults.contains(number) || harmless.contains(number): #expect(request == nil, "\(number)")
      default: #expect(request == .nothing, "\(number)")
      }
    }
    #expect(
      ([SIGTERM, SIGPWR, SIGIO, first, first + 3] as [Int32]).map(Signals.name)
        == ["SIGTERM", "SIGPWR", "SIGIO", "SIGRTMIN", "SIGRTMIN+3"])
  }

  /// Stop signals, and moments at which none was pending, in milliseconds.
  enum Moment {
    case signal(Int), none(Int)
  }

  @Test(
    "stop signals within 500 ms are one, and so is one that was pending when they were over; the next one kills",
    arguments: [
      ([.signal(0), .signal(1), .signal(499), .none(500), .signal(501), .signal(502)], [.stop, .same, .same, .kill, .kill]),
      ([.signal(0), .none(500), .signal(500)], [.stop, .kill]),
      ([.signal(0), .none(499), .signal(600)], [.stop, .same]),
      ([.signal(0), .signal(60_000), .none(60_000), .signal(60_001)], [.stop, .same, .kill]),
    ] as [([Moment], [StopSignals.Meaning])])
  func together(moments: [Moment], meanings: [StopSignals.Meaning]) {
    var stops = StopSignals()
    let start = SuspendingClock.now
    #expect(stops.deadline == nil)
    var found: [StopSignals.Meaning] = []
    for moment in moments {
      switch moment {
      case .signal(let time): found.append(stops.take(at: start + .milliseconds(time)))
      case .none(let time): stops.nonePending(at: start + .milliseconds(time))
      }
    }
    #expect(found == meanings)
  }
}
