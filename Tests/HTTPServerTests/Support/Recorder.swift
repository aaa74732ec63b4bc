// An observer whose reports can be waited for.

import HTTPServer
import Synchronization

final class Recorder: ServerObserver {
  struct Answer: Equatable, Sendable {
    let pattern: String
    let method: String
    let status: Int
  }

  enum Report: Equatable, Sendable {
    case answered(Answer)
    case rejected(RejectReason)
  }

  private struct State {
    var reports: [Report] = []
    var waiters: [(Report, CheckedContinuation<Void, Never>)] = []
  }

  private let state = Mutex(State())

  func answered(pattern: String, method: String, status: Int, seconds: Double, trace: String?) {
    precondition(seconds >= 0)
    record(.answered(Answer(pattern: pattern, method: method, status: status)))
  }

  func rejected(reason: RejectReason) { record(.rejected(reason)) }

  func answer(_ pattern: String, _ method: String, _ status: Int) async {
    await wait(.answered(Answer(pattern: pattern, method: method, status: status)))
  }

  func rejection(_ reason: RejectReason) async { await wait(.rejected(reason)) }

  /// Returns once the report has been made.
  private func wait(_ report: Report) async {
    await withCheckedContinuation { continuation in
      let isThere = state.withLock { state in
        let isThere = state.reports.contains(report)
        if !isThere { state.waiters.append((report, continuation)) }
        return isThere
      }
      if isThere { continuation.resume() }
    }
  }

  private func record(_ report: Report) {
    let ready = state.withLock { state in
      state.reports.append(report)
      defer { state.waiters.removeAll { $0.0 == report } }
      return state.waiters.filter { $0.0 == report }
    }
    for waiter in ready { waiter.1.resume() }
  }
}
