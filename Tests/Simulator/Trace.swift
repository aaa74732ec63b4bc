// A fingerprint of a history.

import Orchestration

/// FNV-1a over numbers that stand for actions: fast, and the same everywhere.
struct Trace: Sendable {
  private(set) var hash: UInt64 = 14_695_981_039_346_656_037

  mutating func fold(_ number: Int64) {
    hash = (hash ^ UInt64(bitPattern: number)) &* 1_099_511_628_211
  }

  mutating func fold(_ action: Action) {
    switch action {
    case .spawn(let id, let run): fold(1, id, Int64(run))
    case .signal(let id, let run, let signal, let scope): fold(scope == .group ? 2 : 23, id, Int64(run) * 100 + Int64(signal))
    case .sendSignal(let id, let run, let signal, let scope): fold(scope == .group ? 24 : 25, id, Int64(run) * 100 + Int64(signal))
    case .kill(let id, let run): fold(3, id, Int64(run))
    case .startCheck(let id, let check, let run): fold(4, id, Int64(check) * 1000 + Int64(run))
    case .cancelCheck(let id, let check): fold(5, id, Int64(check))
    case .recordCheck(let id, let check, let passed, let health):
      fold(6, id, Int64(check) * 100 + position(health) * 10 + (passed ? 1 : 0))
    case .abandonCheck(let id, let check): fold(7, id, Int64(check))
    case .changed(let change): fold(change)
    case .runHook(let id, let run, let hook): fold(20, id, Int64(run) * 10 + position(hook))
    case .cancelHook(let id, let run, let hook): fold(21, id, Int64(run) * 10 + position(hook))
    case .retired(let id): fold(22, id, 0)
    case .stopped(let report): fold(9, ServiceID(report.killed.count), Int64(report.leftOver.count))
    }
  }

  private mutating func fold(_ change: Change) {
    fold(change.at.nanoseconds)
    switch change.what {
    case .status(let id, _, let to, let run): fold(10, id, Int64(run) * 100 + position(to))
    case .health(let id, _, let to): fold(11, id, position(to))
    case .restarted(let id, let run, let reason, let attempt): fold(19, id, Int64(run) * 10_000 + Int64(attempt) * 100 + position(reason))
    case .gaveUp(let id, let attempts): fold(12, id, Int64(attempts))
    case .leftOver(let id, let run): fold(13, id, Int64(run))
    case .serviceReloaded(let id, let run, let purpose, let end):
      fold(26, id, Int64(run) * 100 + position(end.outcome) * 10 + (purpose == .reload ? 0 : 1))
    case .signalled(let id, let run, let signal, let scope): fold(27, id, Int64(run) * 1000 + Int64(signal) * 10 + position(scope))
    case .registry(let name, let what): fold(14, ServiceID(name.utf8.count), position(what))
    case .composite(_, let to): fold(15, ServiceID(0), position(to))
    case .initialized: fold(16)
    case .ready(let isReady): fold(isReady ? 17 : 18)
    }
  }

  private mutating func fold(_ kind: Int64, _ id: ServiceID, _ number: Int64) {
    fold(kind)
    fold(Int64(id.index))
    fold(number)
  }

  private func position<Key: CaseIterable & Equatable>(_ key: Key) -> Int64 {
    var position: Int64 = 0
    for candidate in Key.allCases {
      if candidate == key { break }
      position += 1
    }
    return position
  }
}

/// The fingerprint of many histories, in the order of their seeds.
package struct Fingerprint: Sendable, CustomStringConvertible {
  private var trace = Trace()

  /// The fingerprint of no history.
  package init() {}

  /// Adds the next history, by its hash.
  package mutating func fold(_ hash: UInt64) {
    trace.fold(Int64(bitPattern: hash))
  }

  /// Sixteen hexadecimal digits.
  package var description: String {
    let digits = String(trace.hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
