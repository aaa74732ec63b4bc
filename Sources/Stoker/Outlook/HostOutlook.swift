// Names of hosts, looked up at once and for a short time.

import Addresses
import Glibc
import Linux
import Synchronization

/// The names of hosts that have no address now.
struct HostOutlook {
  /// The longest time for all names together.
  private static let patience = Duration.seconds(2)
  /// Names that are looked up; a file with more has other worries.
  private static let mostNames = 32

  /// Why each name without an address has none: in its absence, or after so long a time, the name is well.
  let faults: [String: String]

  /// Looks the names up, each on a thread of its own, which may outlive this call.
  init(_ hosts: some Sequence<String>) {
    let names = Array(Set(hosts.filter(Self.isName)).sorted().prefix(Self.mostNames))
    guard !names.isEmpty else {
      faults = [:]
      return
    }
    let answers = Answers(open: names.count)
    for name in names {
      let thread = try? NativeThread("stoker-host", isDetached: true) { answers.take(name, Self.fault(of: name)) }
      if thread == nil { answers.take(name, nil) }
    }
    faults = answers.wait(until: .now + Self.patience)
  }

  /// Whether a host is a name that only a resolver knows.
  private static func isName(_ host: String) -> Bool {
    !host.contains(":") && IPLiteral(host) == nil && host != "localhost" && !host.hasSuffix(".localhost")
  }

  private static func fault(of name: String) -> String? {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(name, nil, &hints, &list)
    if let list { freeaddrinfo(list) }
    return code == 0 ? nil : gai_strerror(code).map { String(cString: $0) } ?? "error \(code)"
  }

  /// The answers so far, shared by the threads of the names.
  private final class Answers: Sendable {
    private struct State {
      var open: Int
      var faults: [String: String] = [:]
    }

    private let state: Mutex<State>
    private let bell = Bell()

    init(open: Int) {
      state = Mutex(State(open: open))
    }

    func take(_ name: String, _ fault: String?) {
      state.withLock {
        $0.open -= 1
        $0.faults[name] = fault
      }
      bell.ring()
    }

    func wait(until deadline: SuspendingClock.Instant) -> [String: String] {
      while state.withLock({ $0.open > 0 }), SuspendingClock.now < deadline { bell.wait(until: deadline) }
      return state.withLock { $0.faults }
    }
  }
}
